"""Customers and invoices of the API into Parquet with dlt, as its documentation has it: the rest_api source, resources in parallel.

usage: dlt_peer.py URL TOKEN LAKE
"""

import os
import pathlib
import sys

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}

import dlt
from dlt.sources.rest_api import rest_api_source


def listed(name, **params):
    """The customers that a list shows, and the invoices of each."""
    return [
        {"name": name, "table_name": "customers", "endpoint": {"path": "customers", "params": params}},
        {
            "name": f"invoices_of_{name}",
            "table_name": "invoices",
            "endpoint": {"path": f"customers/{{resources.{name}.id}}/invoices"},
        },
    ]


def main(url, token, lake):
    """The whole run."""
    lake = pathlib.Path(lake).absolute()
    source = rest_api_source({
        "client": {
            "base_url": f"{url}/v1/",
            "auth": {"type": "bearer", "token": token},
            "paginator": {"type": "cursor", "cursor_path": "next_page", "cursor_param": "next_page"},
        },
        "resource_defaults": {
            "primary_key": "id",
            "write_disposition": "replace",
            "parallelized": True,
            "endpoint": {"data_selector": "data", "params": {"limit": 100}},
        },
        # No list has both.
        "resources": [*listed("customers"), *listed("archived_customers", only_archived="true")],
    })
    pipeline = dlt.pipeline(
        "account",
        pipelines_dir=str(lake.parent / "pipeline"),
        destination=dlt.destinations.filesystem(bucket_url=lake.as_uri()),
        dataset_name="api",
    )
    pipeline.run(source, loader_file_format="parquet")


main(*sys.argv[1:])
