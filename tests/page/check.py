"""The page among these artifacts, held to the CSVs beside it in a browser.

    check.py BROWSER ARTIFACTS SCREENSHOTS
"""
import csv
import hashlib
import io
import json
import re
import sys
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSER, ARTIFACTS, SHOTS = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3])
PAGE = (ARTIFACTS / "report.html").as_uri()
wrong, held = [], 0


def hold(condition, what):
    global held
    held += 1
    if not condition:
        wrong.append(what)
        print(f"wrong: {what}", file=sys.stderr)


def rows_of(name):
    with open(ARTIFACTS / f"{name}.csv", newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def opened(browser, **context):
    """A page that tells of each word on its console, each fault and each request but the one for its file."""
    page = browser.new_context(**context).new_page()
    page.on("console", lambda said: hold(False, f"the console says {said.type}: {said.text[:200]}"))
    page.on("pageerror", lambda error: hold(False, f"a script fails: {str(error)[:200]}"))
    page.on("dialog", lambda dialog: (hold(False, f"a name ran: {dialog.message}"), dialog.dismiss()))
    ours = ("file:", "data:", "blob:")
    page.on("request", lambda request: hold(request.url.startswith(ours), f"it asks for {request.url[:100]}"))
    return page


def go(page, path):
    page.goto(f"{PAGE}#/{path}")
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    page.wait_for_selector("main:not([aria-busy])")
    page.wait_for_timeout(150)


def clean(text):
    return text.replace(",", "").strip()


def download(page, table):
    with page.expect_download() as given:
        page.locator(f'[data-table="{table}"] button', has_text="CSV").first.click()
    return Path(given.value.path()).read_bytes()


def texts(page):
    """Every report on the page, whole, is the file beside it."""
    manifest = json.loads((ARTIFACTS / "manifest.json").read_text())
    contents = json.loads(page.evaluate("document.getElementById('contents').textContent"))
    sums = json.loads(page.evaluate("document.getElementById('sums').textContent"))
    for report in contents["reports"]:
        name = report["name"]
        if not report["is_here"]:
            go(page, f"report/{name}")
            hold(f"{name}.csv" in page.locator("main .left").inner_text(), f"{name}: it is not said where its rows are")
            continue
        hold(sums[name] == manifest["artifacts"][f"{name}.csv"]["sha256"], f"{name}: another sum than the manifest's")
        if report["rows"] == 0 or report["rows"] > 50_000:
            continue
        go(page, f"report/{name}")
        given = hashlib.sha256(download(page, name)).hexdigest()
        hold(given == sums[name], f"{name}: what is downloaded is not the CSV")


def totals(page):
    """What queries added up for the page is what the CSVs add up to."""
    found = {}
    for row in rows_of("revenue_schedule"):
        if row["recognized_amount"]:
            key = (row["month"], row["currency"])
            found[key] = found.get(key, Decimal(0)) + Decimal(row["recognized_amount"])
    go(page, "revenue")
    currency = page.locator("#currency").input_value()
    shown = list(csv.DictReader(io.StringIO(download(page, "page.revenue_totals").decode(), newline="")))
    hold({(row["month"], row["currency"]): Decimal(row["recognized_amount"]) for row in shown if row["recognized_amount"]}
         == {key: value for key, value in found.items() if key[1] == currency}, f"revenue by month in {currency}")
    owed = {}
    for row in rows_of("invoice_status"):
        if row["ageing_bucket"] in ("not due", "1-30", "31-60", "61-90", "over 90", "undated") and row["currency"] == currency:
            owed[row["ageing_bucket"]] = owed.get(row["ageing_bucket"], Decimal(0)) + Decimal(row["outstanding_amount"] or 0)
    go(page, "receivables")
    shown = {line.locator("th").inner_text(): Decimal(clean(line.locator("td .amount").get_attribute("title")))
             for line in page.locator("table.small tbody tr").all()}
    hold(shown == owed, f"receivables by age in {currency}: {shown} for {owed}")


def cells(page):
    """What stands in cells and in a row's detail is the text of the CSV."""
    rows = rows_of("invoice_status")
    go(page, "report/invoice_status")
    first = page.locator(".tabulator-row").first
    texts = [clean(cell.locator(".amount").get_attribute("title") if cell.locator(".amount").count() else
                   cell.locator(".id").get_attribute("title") if cell.locator(".id").count() else cell.inner_text())
             for cell in first.locator(".tabulator-cell").all()]
    hold(texts == [clean(value) if not re.fullmatch(r"[\d.-]+", value) else value for value in rows[0].values()], f"the first row: {texts}")
    first.click()
    detail = page.locator("#detail")
    names = [name.inner_text() for name in detail.locator("dt .name").all()]
    hold(names == list(rows[0]), "a detail has every column")
    values = [value.inner_text() for value in detail.locator("dd > span:first-child").all()]
    hold(values == [value or "empty" for value in rows[0].values()], f"a detail has the CSV's text: {values}")
    said = detail.locator(".command code").inner_text()
    hold(said == f"etl explain invoice_status 'invoice_id={rows[0]['invoice_id']}'", f"the way of a figure: {said}")
    page.keyboard.press("Escape")
    hold(not detail.is_visible(), "Escape closes a detail")


def filtered(page):
    rows = rows_of("invoice_status")
    bucket = rows[0]["ageing_bucket"]
    go(page, f"report/invoice_status?ageing_bucket={bucket.replace(' ', '%20')}")
    some = [row for row in rows if row["ageing_bucket"] == bucket]
    hold(list(csv.DictReader(io.StringIO(download(page, "invoice_status").decode(), newline=""))) == some, f"rows that are {bucket}")
    name = rows[0]["customer_name"].split("\n")[0]
    page.locator('[data-table="invoice_status"] input').fill(rows[0]["invoice_id"])
    page.wait_for_timeout(400)
    hold(page.locator(".tabulator-row").count() == 1, "an id finds its row")
    go(page, "report/invoice_status")
    head = page.locator(".tabulator-col .head", has_text="Total").first
    head.focus()
    for order in (False, True):
        page.keyboard.press("Enter")
        page.wait_for_timeout(400)
        known = [Decimal(row["total_amount"]) for row in rows if row["total_amount"]]
        first = page.locator(".tabulator-row").first.locator(".amount").first.get_attribute("title")
        hold(Decimal(first) == (max(known) if order else min(known)), f"sorted by amount, {first} is first")
    return name


def ways(page):
    """From a customer to its invoice to its lines."""
    rows = rows_of("invoice_status")
    row = rows[0]
    go(page, f"customer/{row['customer_id']}")
    hold(page.locator("main h1").inner_text().split() == row["customer_name"].split(), f"the customer: {page.locator('main h1').inner_text()}")
    table = "invoices" if (ARTIFACTS / "invoices.csv").exists() else "invoice_status"
    of_customer = [one for one in rows if one["customer_id"] == row["customer_id"]]
    said = page.locator(f'[data-table="{table}"] .count').inner_text()
    hold(said.startswith(f"{len(of_customer)} row"), f"a customer's invoices: {said}")
    page.locator(f'[data-table="{table}"] .tabulator-row').first.click()
    page.locator("#detail a", has_text="The invoice").click()
    page.wait_for_selector("main h1:text-is('Invoice')")
    page.wait_for_timeout(200)
    invoice = page.locator("main .lead code").inner_text()
    hold(invoice in {one["invoice_id"] for one in of_customer}, f"the invoice is the customer's: {invoice}")
    hold(page.locator("main .command code", has_text=invoice).count() > 0, "an invoice has its way")
    for name in ("invoice_lines", "journal_entries"):
        if not (ARTIFACTS / f"{name}.csv").exists() or page.evaluate(f"!document.getElementById('rows-{name}')"):
            continue
        lines = sum(one["invoice_id"] == invoice for one in rows_of(name))
        shown = page.locator(f'[data-table="{name}"] .count')
        said = shown.inner_text().split(" ")[0].replace(",", "") if shown.count() else "0"
        hold(int(said) == lines, f"an invoice has {lines} of {name}, not {said}")


def keys(page):
    go(page, "report/invoice_status")
    page.locator(".tabulator-tableholder").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    hold(page.locator(".tabulator-row.tabulator-selected").count() == 1, "an arrow moves to a row")
    page.keyboard.press("Enter")
    hold(page.locator("#detail").is_visible(), "Enter opens a row")
    hold(rows_of("invoice_status")[1]["invoice_id"] in page.locator("#detail").inner_text(), "it is the second row")
    page.keyboard.press("Escape")
    go(page, "")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("Tab")
    hold(page.evaluate("document.activeElement.className") == "skip", "the first stop skips to the figures")
    names = page.evaluate("""() => [...document.querySelectorAll('a, button, input, select, [role=img]')].filter((one) =>
        !(one.textContent.trim() || one.getAttribute('aria-label') || one.title || one.labels?.length)).map((one) => one.outerHTML.slice(0, 90))""")
    hold(not names, f"without a name: {names}")


def contrast(page):
    """Each text against what is behind it."""
    found = page.evaluate("""() => {
        const light = (rgb) => { const [r, g, b] = rgb.map((one) => { one /= 255; return one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const numbers = (...colours) => { pen.clearRect(0, 0, 1, 1); for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); } return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3); };
        const bad = new Set();
        for (const one of document.querySelectorAll('a, p, small, strong, th, td, h1, h2, h3, dt, dd, button, .name, .count, .unit, .tag')) {
            if (!one.textContent.trim() || !one.offsetParent) continue;
            const behind = [];
            for (let up = one; up; up = up.parentElement) behind.unshift(getComputedStyle(up).backgroundColor);
            const back = numbers(...behind), front = numbers(...behind, getComputedStyle(one).color);
            const [high, low] = [light(back), light(front)].sort((a, b) => b - a);
            if ((high + 0.05) / (low + 0.05) < 4.5) bad.add(`${one.tagName}.${one.className}: ${((high + 0.05) / (low + 0.05)).toFixed(2)}`);
        }
        return [...bad];
    }""")
    hold(not found, f"too little contrast: {found}")


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = opened(browser, viewport={"width": 1440, "height": 900}, accept_downloads=True)
        go(page, "")
        hold(page.locator(".tile").count() >= 3, "what needs attention comes first")
        contrast(page)
        page.screenshot(path=SHOTS / "page.png")
        texts(page)
        if rows_of("invoice_status"):
            totals(page)
            cells(page)
            filtered(page)
            ways(page)
            keys(page)
        sections = [link.get_attribute("data-section") for link in page.locator("#sections a").all()]
        for section in [*sections, "checks", "closes"]:
            go(page, section)
            hold(page.locator("main .fault").count() == 0, f"{section} fails")
        contents = json.loads(page.evaluate("document.getElementById('contents').textContent"))
        hold(page.locator("[onerror], main script, #detail script, img").count() == 0, "a name became an element")
        for scheme in ("light", "dark"):
            phone = opened(browser, viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True, is_mobile=True)
            for section in [*sections, "checks", "closes", f"report/{contents['reports'][0]['name']}"]:
                go(phone, section)
                width = phone.evaluate("document.documentElement.scrollWidth")
                hold(width <= 390, f"{section} is {width} wide on a phone of 390")
            go(phone, "")
            contrast(phone)
            if scheme == "light":
                phone.screenshot(path=SHOTS / "page-phone.png")
        paper = opened(browser, viewport={"width": 1440, "height": 900})
        go(paper, "receivables" if "receivables" in sections else "")
        hold(len(paper.pdf(format="A4")) > 10_000, "it prints")
        browser.close()
    print(f"{held} held, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


main()
