"""Prints a workbook as JSON, as openpyxl reads it: for each sheet its title, frozen corner, filter and rows.

A cell is null, or [type, value, number format]: n, s, d (a date and time, to the second) or f (a formula).
"""

import datetime
import json
import sys

import openpyxl


def told(cell):
    value = cell.value
    if value is None:
        return None
    if isinstance(value, datetime.datetime):
        value = (value + datetime.timedelta(milliseconds=500)).strftime("%Y-%m-%dT%H:%M:%S")
    return [cell.data_type, value, cell.number_format]


book = openpyxl.load_workbook(sys.argv[1])
sheets = [
    {
        "title": sheet.title,
        "frozen": sheet.freeze_panes,
        "filter": sheet.auto_filter.ref,
        "rows": [[told(cell) for cell in row] for row in sheet.iter_rows()],
    }
    for sheet in book
]
json.dump({"created": book.properties.created.isoformat(), "sheets": sheets}, sys.stdout)
