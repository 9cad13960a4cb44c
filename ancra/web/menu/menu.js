// On a phone the pages stand in a drawer, which stays open over the page that was chosen: close it on a choice.

function choose(event) {
  if (!event.target.closest?.("[data-testid=stSidebarNavLink]")) return
  document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click()
}

export default function () {
  document.addEventListener("click", choose)
  return () => document.removeEventListener("click", choose)
}
