"""What spreadsheets make of an export before they save it again: refused, each by name."""

import csv

from database_cases import clock, dialect
from pandas_cases import edited
from trial import Case


def with_line(line):
    return lambda text: line + text


def cases(tables):
    def invoices(**how):
        return dialect(tables, only=["invoice"], **how)

    yield Case("excel: a comma behind each line", edited(tables, "invoice", lambda text: text.replace(b"\n", b",\n")))
    yield Case("excel: blanks around the names of columns", dialect(tables, header=lambda name: f" {name} "))
    yield Case("google sheets: times with hours of one digit", dialect(
        tables, timestamp=lambda value: f"{value.year:04}-{value:%m-%d} {value.hour}:{value:%M:%S.%f}"))

    yield Case("excel: semicolons", invoices(delimiter=";"), ("separated by semicolons, expected commas",))
    yield Case("excel: tabs in UTF-16", edited(tables, "invoice", lambda text: text.decode().replace(",", "\t").encode("utf-16")),
               ("the text is UTF-16, expected UTF-8",))
    yield Case("excel: sep=;", edited(tables, "invoice", lambda text: b"sep=;\r\n" + text.replace(b",", b";")),
               ("`sep=` is a word to a spreadsheet, expected the header",))
    yield Case("excel: sep=,", edited(tables, "invoice", with_line(b"sep=,\r\n")), ("`sep=` is a word to a spreadsheet",))
    yield Case("excel: ids as 1.23457E+11", dialect(tables, only=["events"], text=lambda cell:
               "1.23457E+11" if len(cell) == 32 else cell), ("column `transaction_id`, value \"1.23457E+11\"", "spreadsheet"))
    yield Case("excel: ids as 1,23457E+11", dialect(tables, only=["events"], text=lambda cell:
               "1,23457E+11" if len(cell) == 32 else cell), ("column `transaction_id`, value \"1,23457E+11\"", "spreadsheet"))
    yield Case("excel: long amounts as 1.23457E+11", invoices(decimal=lambda value: "1.23457E+11"),
               ("column `total`, value \"1.23457E+11\"", "a spreadsheet shows a long number by six digits"))
    yield Case("excel: small amounts as 1.23457E-05", invoices(decimal=lambda value: "1.23457E-05"),
               ("column `total`, value \"1.23457E-05\"", "a spreadsheet shows a long number by six digits"))
    for text, words in {
        "1,234.50": "without separators between thousands",
        "1 234.50": "without separators between thousands",
        "1'234.50": "without separators between thousands",
        "1234,50": "with a point and not a comma",
        "1.234,50": "with a point and not a comma",
        "$1234.50": "without the sign of a currency",
        "1234.50 €": "without the sign of a currency",
        "12.5%": "per cent sign",
        "(1234.50)": "with a hyphen before it where it is below zero",
        "1234.50-": "with a hyphen before it where it is below zero",
        "\u2212" + "1234.50": "with a hyphen before it where it is below zero",
    }.items():
        yield Case(f"excel: amounts as {text}", invoices(decimal=lambda value, text=text: text), ("column `total`", words))
    for pattern in ("%m/%d/%Y", "%d/%m/%Y %H:%M", "%d.%m.%Y", "%m/%d/%y %H:%M"):
        yield Case(f"excel: times as {pattern}", invoices(timestamp=clock(pattern)), ("expected the year first, like 2024-01-31",))
    yield Case("excel: times as days since 1900", invoices(timestamp=lambda value: "45351.5"), ("found a bare number",))
    yield Case("excel: #N/A", invoices(null="#N/A"), ("a word in the place of null",))
    yield Case("excel: truths in German", dialect(tables, only=["credit_type"], boolean=lambda value: "FALSCHWAHR"[6 * value:][:6]),
               ("column `is_currency`", "expected true or false"))
    yield Case("excel: a title above the header", edited(tables, "invoice", with_line(b"Invoices of March,,,\n")),
               ("is the header missing?",))
    yield Case("excel: an empty line above the header", edited(tables, "invoice", with_line(b",,,\n")), ("is the header missing?",))
    yield Case("excel: quotes around everything, and semicolons", invoices(delimiter=";", quoting=csv.QUOTE_ALL),
               ("separated by semicolons, expected commas",))
    yield Case("excel: a workbook called CSV", edited(tables, "invoice", lambda _: b"PK\x03\x04" + bytes(60)),
               ("this is a zip archive or a workbook, expected CSV",))
    yield Case("excel: columns called nearly as they are", edited(tables, "invoice", lambda text: text.replace(
        b",customer_id,", b",Customer ID,", 1)), ("the column `customer_id` of egress.invoice is missing, but there is `Customer ID`",))
