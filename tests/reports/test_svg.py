"""`show -o svg`: the picture of the terminal, drawn; whatever the names in it are."""

from __future__ import annotations

import json
from functools import cache
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.parsers import THEMES
from svcmap.picture.drawing.glyphs import LINES, line_glyph
from svcmap.picture.drawing.painter import header, paint
from svcmap.picture.drawing.strokes import DRAWN, Stroke, shapes, strokes, words
from svcmap.picture.lanes import path_view
from svcmap.picture.palettes import PALETTES
from svcmap.reports import svg
from svcmap.sources.manifests import ManifestSource
from tests.conftest import FIXTURES, state_of

SVG = "{http://www.w3.org/2000/svg}"


@cache
def demo() -> ClusterState:
    return ManifestSource([str(FIXTURES / "demo")]).load()


SERVICES = [str(name) for name in sorted(demo().services)]


def drawn(state: ClusterState, name: str, theme: str = "") -> ElementTree.Element:
    return ElementTree.fromstring(svg.service(state, Name(*name.split("/")), theme))


def texts(root: ElementTree.Element) -> list[str]:
    return [item.text or "" for item in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", SERVICES)
def test_every_word_of_the_picture_is_in_its_place(name: str) -> None:
    view = path_view(demo(), Name(*name.split("/")))
    assert view is not None
    root, plan = drawn(demo(), name), svg.plan_of(view)
    wanted = [part.text for part in words([header(plan), *(paint(plan, y) for y in range(plan.height))])]
    found, start = texts(root), texts(root).index("FROM")
    assert found[start : start + len(wanted)] == wanted
    width = float(root.attrib["width"])
    assert all(float(item.attrib["x"]) + float(item.attrib["textLength"]) < width for item in root.iter(f"{SVG}text"))


def test_it_is_as_wide_as_its_texts_need() -> None:
    view = path_view(demo(), Name("shop", "web"))
    assert view is not None
    assert svg.plan_of(view).width > svg.COLUMNS[0]
    assert {"LB of ingress-nginx", "www.example.com/", ":30080 :30443 :31990"} <= set(texts(drawn(demo(), "shop/web")))


@pytest.mark.parametrize(
    ("name", "says", "legend"),
    [
        (
            "shop/payments",
            "Service payments selects app=payment, but no pod in shop has these labels.",
            "traffic stops",
        ),
        ("shop/web", "1 of 4 endpoints is not ready and gets no traffic: Deployment web-canary:", "not ready"),
        ("mail/smtp", "No load balancer address yet.", "traffic stops"),
        ("data/orders-db", "", "outside the cluster"),
    ],
)
def test_the_worst_is_said_and_the_marks_are_explained(name: str, says: str, legend: str) -> None:
    found = texts(drawn(demo(), name))
    assert any(text.startswith(says) for text in found)
    assert any(text.endswith(legend) for text in found)
    assert any(mark in found[:4] for mark in ("✗", "!")) is bool(says)


def test_it_says_what_it_is_to_those_who_do_not_see_it() -> None:
    root = drawn(demo(), "shop/payments")
    assert (root.attrib["role"], root.findtext(f"{SVG}title")) == ("img", "Ways to Service shop/payments")
    assert "no-endpoints" in (root.findtext(f"{SVG}desc") or "") or "matches no pod" in (
        root.findtext(f"{SVG}desc") or ""
    )


def test_colours_follow_the_viewer_or_one_theme() -> None:
    both, one = (svg.service(demo(), Name("shop", "web"), theme) for theme in ("", "contrast"))
    light, dark, contrast = (PALETTES[theme]["bad"] for theme in ("light", "dark", "contrast"))
    plain, _, query = both.partition("@media (prefers-color-scheme:dark)")
    assert light in plain
    assert dark in query
    assert "prefers-color-scheme" not in one
    assert contrast in one
    assert light not in one
    used = {class_ for item in drawn(demo(), "shop/web").iter() for class_ in item.attrib.get("class", "").split()}
    assert {class_.removeprefix("l-") for class_ in used} - {"b", "d"} <= set(PALETTES["dark"])


@given(st.text(min_size=1, max_size=20))
def test_a_name_is_data_whatever_it_holds(name: str) -> None:
    metadata = {"name": name, "namespace": "a&b"}
    item = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}
    state = state_of(json.dumps(item))
    for found in state.services:
        root = ElementTree.fromstring(svg.service(state, found))
        assert root.tag == f"{SVG}svg"
        assert "a&b/" in texts(root)


ROW = [("╭──┬─►", "edge"), (" a b  c ", "text"), ("███░", "dots"), ("┄┄", "dns")]


def test_lines_become_strokes_shapes_and_words() -> None:
    assert [(part.text, part.x) for part in words([ROW])] == [("a b", 7), ("c", 12)]
    assert [(shape.glyph, shape.x) for shape in shapes([ROW])] == [
        ("╭", 0),
        ("►", 5),
        *(("█", 14 + index) for index in range(3)),
        ("░", 17),
    ]
    assert list(strokes([ROW])) == [
        Stroke("dns", True, True, 0, 36, 40),
        Stroke("edge", False, False, 3, 1, 2),
        Stroke("edge", False, True, 0, 2, 10),
    ]


def test_a_line_down_many_rows_is_one_stroke() -> None:
    assert list(strokes([[("│", "edge")]] * 3)) == [Stroke("edge", False, False, 0, 0, 6)]


def test_every_line_character_is_drawn() -> None:
    assert {line_glyph(mask, dashed) for mask in LINES for dashed in (False, True)} <= DRAWN


def test_the_command_line_knows_the_palettes() -> None:
    assert set(THEMES) == set(PALETTES)
