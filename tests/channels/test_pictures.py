"""Small pictures: made of what is a picture, refused to what only says so or wants too much. In the real child."""

from __future__ import annotations

import io

from PIL import Image

from channels import pictures
from tests.support import pictures as made


def test_a_picture_is_measured_and_made_small() -> None:
    """4.5: the small one fits where it is shown, and has the shape of the large one."""
    [found] = pictures.small([made.png(1000, 500)])
    assert (found.width, found.height) == (1000, 500)
    with Image.open(io.BytesIO(found.png)) as small:
        assert (small.format, small.size) == ("PNG", (320, 160))


def test_one_that_lies_on_its_side_stands_up_and_tells_nothing_else() -> None:
    """What a telephone notes beside the pixels (where, with what) is not in the small picture."""
    [found] = pictures.small([made.jpeg(900, 600, turned=True)])
    assert (found.width, found.height) == (600, 900)
    with Image.open(io.BytesIO(found.png)) as small:
        assert small.size[0] < small.size[1]
        assert dict(small.getexif()) == {} and "exif" not in small.info


def test_what_is_no_picture_of_ours_has_none() -> None:
    """S16: a drawing that is a program, a page, nothing at all, half a picture; and the next one is seen again."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    tiff = io.BytesIO()
    Image.new("RGB", (4, 4)).save(tiff, "TIFF")
    broken = made.png()[:200]
    found = pictures.small([svg, b"<html>", b"", b"\x89PNG\r\n\x1a\n", tiff.getvalue(), broken, made.png(10, 10)])
    assert [bool(one.png) for one in found] == [False] * 6 + [True]


def test_a_bomb_is_not_decoded() -> None:
    """A picture of 1.6 thousand million pixels in a few kilobytes costs neither memory nor time."""
    [found, after] = pictures.small([made.bomb(), made.png(10, 10)])
    assert found == pictures.Small()
    assert after.png
