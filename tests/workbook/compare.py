"""A workbook beside the CSVs it is of: rows, texts, and totals in each currency.

    compare.py ARTIFACTS WORKBOOK [--calculated]

A workbook that another program has calculated and written need not look as ours does.
"""

import csv
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl


def same(cell, text):
    """Whether a cell says what a field of the CSV does; a number as far as a double can."""
    if cell is None or cell == "":
        return text == ""
    if isinstance(cell, bool):
        return text == str(cell).lower()
    if isinstance(cell, (int, float)):
        return abs(Decimal(str(cell)) - Decimal(text)) <= abs(Decimal(text)) * Decimal("1e-14")
    if isinstance(cell, (datetime, date)):
        at = cell.replace(microsecond=0).isoformat() if "T" in text or ":" in text else cell.date().isoformat()
        return text.replace(" ", "T")[: len(at)] == at
    # What a spreadsheet would run has a mark before it in the CSV; in a workbook text is text.
    return cell == text or f"'{cell}" == text


def main(artifacts, workbook, calculated=None):
    values = openpyxl.load_workbook(workbook, data_only=True)
    wrong, cells, totals = [], 0, 0
    reports = {}
    for path in sorted(artifacts.glob("*.csv")):
        with open(path, encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        reports[path.stem] = (header, rows)
        sheet = values[path.stem[:31]]  # as long as a sheet's name can be
        found = list(sheet.iter_rows(values_only=True))
        if list(found[0]) != header or len(found) - 1 != len(rows):
            wrong.append(f"{path.stem}: {len(found) - 1} rows of {len(rows)}, or other columns")
        for number, (cell_row, row) in enumerate(zip(found[1:], rows), 2):
            for name, cell, text in zip(header, cell_row, row):
                cells += 1
                if not same(cell, text):
                    wrong.append(f"{path.stem} {name} row {number}: {cell!r} for {text!r}")
        if calculated is None and (sheet.freeze_panes != "A2" or sheet["A1"].comment is None):
            wrong.append(f"{path.stem}: the header is not frozen, or has no notes")
    for report, figure, currency, total, *_ in values["cover"].iter_rows(values_only=True):
        if report not in reports or not isinstance(total, (int, float)):
            continue
        header, rows = reports[report]
        amount, unit = header.index(figure), header.index("currency")
        expected = sum(Decimal(row[amount] or 0) for row in rows if row[unit] == (currency or ""))
        totals += 1
        if abs(Decimal(str(total)) - expected) > max(abs(expected), 1) * Decimal("1e-9"):
            wrong.append(f"total of {report} {figure} {currency}: {total}, not {expected}")
    if not totals:
        wrong.append("no totals")
    print(f"{workbook.name}: {len(reports)} sheets, {cells} cells, {totals} totals, {len(wrong)} wrong")
    for text in wrong[:10]:
        print(f"    {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
