"""The picture, pure: how the kinds of Services draw, and what holds for every picture at every size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.picture.details import describe
from svcmap.picture.drawing.glyphs import LINES, ascii_glyph
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.painter import header, paint
from svcmap.picture.drawing.plan import Lit, Plan
from svcmap.picture.drawing.texts import fit, middle
from svcmap.picture.groups import GROUPINGS
from svcmap.picture.lanes import PathView, path_view
from svcmap.picture.selection import NOTHING, Selection, choose, lit_by, narrow
from svcmap.picture.spots import CellSpot, GroupSpot, PortSpot, Spot
from tests.conftest import FIXTURES, read, state_of

DEMO = read(FIXTURES / "demo")
NAMES = sorted(DEMO.services)


def view_of(name: str, state: ClusterState = DEMO) -> PathView:
    view = path_view(state, Name(*name.split("/")))
    assert view is not None
    return view


def picture(plan: Plan, lit: Lit | None = None, *, ascii_only: bool = False) -> str:
    lines = ["".join(text for text, _ in header(plan)).rstrip()]
    lines += ["".join(text for text, _ in paint(plan, y, lit, None, ascii_only)).rstrip() for y in range(plan.height)]
    return "\n".join(lines)


@pytest.mark.parametrize("name", [str(name) for name in NAMES])
@pytest.mark.parametrize(("width", "mode"), [(104, "auto"), (160, "boxed"), (78, "fold")])
def test_every_kind_of_service_draws(name: str, width: int, mode: str, snapshot: SnapshotAssertion) -> None:
    assert picture(lay_out(view_of(name), Options(width, 40, mode))) == snapshot


def test_a_selection_in_ascii(snapshot: SnapshotAssertion) -> None:
    view = view_of("shop/web")
    plan = lay_out(view, Options(78, 11, port="443/TCP"))
    lit = lit_by(view, narrow(view, "workload", choose(view, "workload", CellSpot("lb", 1)), PortSpot("443/TCP")))
    text = picture(plan, lit, ascii_only=True)
    assert text.isascii()
    assert text == snapshot


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.integers(44, 220),
    st.integers(6, 60),
    st.sampled_from(["auto", "boxed", "split", "compact", "fold"]),
    st.sampled_from(GROUPINGS),
)
def test_what_holds_for_every_picture(name: Name, width: int, height: int, mode: str, by: str) -> None:
    view = path_view(DEMO, name, by)  # type: ignore[arg-type]
    assert view is not None
    plan = lay_out(view, Options(width, height, mode, by))
    lines = ["".join(text for text, _ in paint(plan, y)) for y in range(plan.height)]
    assert {len(line) for line in lines} == {plan.width}
    hops = [hop for column in plan.columns for hop in plan.spots_in(column)]
    for hop in hops:
        region = plan.region(hop)
        assert region is not None, hop
        x, y, _, box_height = region
        assert 0 <= y < plan.height
        hit = plan.hit(x, y + (1 if box_height > 2 else 0))
        assert hit == hop or (isinstance(hop, GroupSpot) and hit is not None), (hop, hit)
    # Addresses are never elided, whatever there is no room for.
    text = "\n".join(lines)
    for way in view.ways:
        for cell in way.cells:
            if cell.column == "edge" and cell.text[:1].isdigit() and ":" not in cell.text:
                assert cell.text in text


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(NAMES), st.integers(60, 200))
def test_a_selection_never_moves_the_picture(data: st.DataObject, name: Name, width: int) -> None:
    view = path_view(DEMO, name)
    assert view is not None
    plan = lay_out(view, Options(width, 20))
    hop = data.draw(st.sampled_from([hop for column in plan.columns for hop in plan.spots_in(column)]))
    chosen = choose(view, "workload", hop)
    lit = lit_by(view, chosen)
    assert lit is not None
    again = lay_out(view, Options(width, 20, plan.mode, port=chosen.port))
    assert (again.mode, again.height, again.xs, again.widths) == (plan.mode, plan.height, plan.xs, plan.widths)
    assert lit.ways <= {way.id for way in view.ways}
    assert lit.ports <= set(plan.port_y)


def test_nothing_is_lit_beyond_a_break() -> None:
    view = view_of("mail/smtp")
    lit = lit_by(view, choose(view, "workload", CellSpot("lb", 2)))
    assert lit is not None
    assert (lit.boxes, lit.ports, lit.groups, lit.upto) == ({CellSpot("lb", 0), CellSpot("lb", 1)}, set(), set(), 1)
    assert lit_by(view, NOTHING) is None


def endpoints(count: int) -> ClusterState:
    """A Service with so many endpoints of one slice."""
    items = "".join(
        f"- {{addresses: [10.1.{i // 250}.{i % 250}], targetRef: {{kind: Pod, name: web-{i}}}}}\n" for i in range(count)
    )
    return state_of(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {clusterIP: 10.96.0.9, selector: {a: b}, ports: [{port: 80}]}\n---\n"
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        "metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nports: [{name: '', port: 80}]\n"
        f"endpoints:\n{items}"
    )


def test_the_height_of_a_picture_does_not_grow_with_its_endpoints() -> None:
    heights = {lay_out(view_of("default/web", endpoints(n)), Options(100, 30)).height for n in (30, 500, 3000)}
    assert len(heights) == 1


def test_by_pod_is_capped() -> None:
    view = path_view(endpoints(500), Name("default", "web"), "pod")
    assert view is not None
    plan = lay_out(view, Options(100, 30, by="pod"))
    assert len(plan.group_boxes) == 41
    assert "+460 more" in picture(plan)


def test_line_glyphs_cover_every_light_and_heavy_junction() -> None:
    for mask in range(256):
        weights = [mask >> shift & 3 for shift in (0, 2, 4, 6)]
        if 3 in weights or sum(1 for weight in weights if weight) < 2:
            continue
        assert len(LINES[mask]) == 1
        assert ascii_glyph(mask, False) in "-=|+#"


@given(st.text(alphabet="abcdef-.0123456789", min_size=1, max_size=80), st.integers(1, 60))
def test_elided_text_fits_and_keeps_both_ends(text: str, width: int) -> None:
    shown = middle(text, width)
    assert len(shown) == min(len(text), width)
    if len(text) > width >= 6:
        assert shown[0] == text[0]
        assert shown[-1] == text[-1]
    assert len(fit((text, text[:3]), max(width, 3))) <= max(width, 3)


@pytest.mark.parametrize("name", sorted(DEMO.services), ids=str)
def test_no_sentence_about_a_hop_is_made_twice(name: Name) -> None:
    """What stands below the picture is what a trace says: nothing is told in other words."""
    view = path_view(DEMO, name)
    assert view is not None
    said = {hop.says for way in view.ways for _, found in way.traces for hop in found.hops}
    spots: list[Spot] = [PortSpot(port.key) for port in view.ports]
    for spot in [*spots, *(GroupSpot(group.id) for group in view.groups["workload"])]:
        for way in ("", *(way.id for way in view.ways)):
            found = describe(view, "workload", spot, Selection(way=way or None))
            assert found is not None
            reasons = {f"{n} {why or state}" for g in view.groups["workload"] for state, why, n in g.exceptions}
            assert found.says in said or set(found.says.split("; ")) <= reasons or "Not managed" in found.says
