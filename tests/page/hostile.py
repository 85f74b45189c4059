"""Copies export files, and gives customers, products and plans names that would run if anything took them for more than text.

    hostile.py FROM TO
"""
import csv
import io
import shutil
import sys
from pathlib import Path

NAMES = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "</script><script>alert(3)</script>", "<!--<script>",
    "javascript:alert(4)", '=HYPERLINK("https://a.example","x")', "{{rows}}", "__proto__", "a' onmouseover='alert(5)",
    'Müller, "Söhne" & Co; --\nZeile zwei', "<svg/onload=alert(6)>", "&lt;b&gt;",
]
source, target = Path(sys.argv[1]), Path(sys.argv[2])
shutil.copytree(source, target)
given, renamed = {}, 0
for path in sorted(target.rglob("*.csv")):
    if not any(word in path.name.lower() or word in str(path.parent).lower() for word in ("customer", "product", "plan")):
        continue
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or "name" not in rows[0]:
        continue
    for row in rows:
        if row["name"]:
            row["name"] = given.setdefault(row["name"], NAMES[len(given) % len(NAMES)])
            renamed += 1
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
if not renamed:
    sys.exit("no name was found to change")
