import pytest


@pytest.mark.parametrize("kind", ["tex", "md", "csv"])
def test_a_table_of_stored_results_says_how_it_is_made_anew(ancra, tmp_path, kind):
    path = tmp_path / f"table.{kind}"
    code, out, err = ancra("table", "digits/pgd-at", "digits/pgd-at-ancra", "--out", path)
    assert (code, err) == (0, "")
    assert "2 models" in out
    assert "not to be believed" in path.read_text()
    assert "made anew by: ancra table digits/pgd-at digits/pgd-at-ancra --out table.tex" in ancra("explain", path)[1]


def test_a_table_of_what_was_not_measured_names_the_command(ancra, saved_model, tmp_path):
    code, _, err = ancra("table", saved_model, "--out", tmp_path / "table.tex")
    assert code == 2
    assert f"`ancra results {saved_model}`" in err
