"""A graph that torch exported, while it is turned into a live network's operations."""

from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor
from torch.export import ExportedProgram
from torch.fx import Node

from ancra.errors import AncraError
from ancra.live.program import Operation, Program, Shape


class Graph:
    """What each node of an exported graph became: a constant, the number of a value, or a choice among the classes.

    Args:
        exported: of a module that takes one image (1, C, H, W) and gives a tuple of tensors.
    """

    def __init__(self, exported: ExportedProgram) -> None:
        self.nodes = list(exported.graph.nodes)
        self.constants: dict[Node, Tensor] = {}
        self.values: dict[Node, int] = {}
        self.choices: dict[Node, int] = {}
        self.operations: list[Operation] = []
        self.tensors: dict[str, Tensor] = {}
        signature = exported.graph_signature
        held = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        held |= signature.inputs_to_lifted_tensor_constants
        stored = {**exported.constants, **exported.state_dict}
        for node in self.nodes:
            if node.op == "placeholder" and node.name in held:
                self.constants[node] = stored[held[node.name]].detach()
            elif node.op == "placeholder":
                self.values[node] = 0

    @property
    def open(self) -> Iterator[Node]:
        """The operations in their order that depend on the image; what depends on weights alone is computed here."""
        for node in self.nodes:
            if node.op != "call_function" or not node.users:
                continue
            if all(source in self.constants for source in node.all_input_nodes):
                self.constants[node] = node.target(*map(self._known, node.args), **node.kwargs)
            else:
                yield node

    def program(self) -> Program:
        """What was gathered, once all nodes are translated."""
        (end,) = (node for node in self.nodes if node.op == "output")
        return Program(tuple(self.operations), self.tensors, tuple(self.value(node) for node in end.args[0]))

    def arguments(self, node: Node) -> list[Any]:
        """A node's arguments by position, with the defaults of its operator; constants as tensors."""
        given = []
        for place, parameter in enumerate(node.target._schema.arguments):  # type: ignore[union-attr]
            if place < len(node.args):
                given.append(self._known(node.args[place]))
            else:
                given.append(self._known(node.kwargs.get(parameter.name, parameter.default_value)))
        return given

    def holds(self, item: Any) -> bool:
        """Whether an argument is a value that depends on the image."""
        return isinstance(item, Node) and item in self.values

    def value(self, item: Any) -> int:
        """The number of a value. Raises AncraError for what is none."""
        if not self.holds(item):
            raise unsupported("a result that is no map of the image")
        return self.values[item]

    def emit(self, node: Node, kind: str, sources: Iterable[Node], **parts: Any) -> None:
        """The node becomes an operation on values; tensors among ``parts`` are its weights, the rest its settings."""
        self.emit_on(node, kind, [self.value(source) for source in sources], **parts)

    def emit_on(self, node: Node, kind: str, inputs: Iterable[int], **parts: Any) -> None:
        """As ``emit``, for values by their numbers."""
        weights = {name: self._kept(part) for name, part in parts.items() if isinstance(part, Tensor)}
        settings = {name: part for name, part in parts.items() if part is not None and name not in weights}
        self.operations.append(Operation(kind, tuple(inputs), shape_of(node), weights, settings))
        self.values[node] = len(self.operations)

    def same(self, node: Node, source: Any) -> None:
        """The node's value is that of another node."""
        self.values[node] = self.value(source)

    def _known(self, item: Any) -> Any:
        return self.constants.get(item, item) if isinstance(item, Node) else item

    def _kept(self, weight: Tensor) -> str:
        """The name of a weight; one that is used twice is kept once."""
        found = next((name for name, known in self.tensors.items() if known.is_set_to(weight)), f"w{len(self.tensors)}")
        self.tensors[found] = weight
        return found


def operator_name(node: Node) -> str:
    """A node's operator without its overload: ``conv2d``."""
    return getattr(node.target, "__name__", str(node.target)).partition(".")[0]


def unsupported(name: str) -> AncraError:
    """The sentence for a network that cannot be made live."""
    return AncraError(
        f"This network cannot run in a browser because of one of its operations ({name}): attack it with the server, "
        f"or build it of those in docs/live.md."
    )


def shape_of(node: Any) -> Shape:
    """Channels, height and width of a node's value; a vector is (F, 1, 1). Raises AncraError for any other value."""
    found = tuple(node.meta["val"].shape)
    if found[:1] != (1,) or len(found) not in (2, 4):
        raise unsupported(f"a value of shape {found}")
    channels, height, width = (*found[1:], 1, 1)[:3]
    return channels, height, width
