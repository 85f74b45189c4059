"""The pipeline's work on the export files of usage as a DuckDB script: typed, newest per key, Parquet by month, three reports.

usage: duckdb_usage.py LANDING LAKE ARTIFACTS
"""

import pathlib
import sys

from duckdb_lake import connect

EVENTS = """
copy (
    with
    delivered as (
        select
            *,
            regexp_extract(filename, '([0-9]+)_([0-9]+)[.]csv', ['part', 'transferred']) as file,
        from ({sources})
    )
    select * exclude (filename, file), strftime("timestamp", '%Y-%m') as month
    from delivered
    qualify row_number() over (
        partition by environment_type, transaction_id
        order by updated_at desc nulls last, file.transferred desc, file.part::integer desc
    ) = 1
) to '{lake}/events' (format parquet, compression zstd, partition_by (month))
"""

# Columns go by name, as with union_by_name, but that option doubles the time of the whole step (measured): so the files are
# grouped by their header line, and each group is read with the columns in that order.
SOURCE = """
from read_csv({files}, header = true, filename = true, hive_partitioning = false, quote = '"', escape = '"',
              new_line = '\\n', columns = {columns})
"""
TIMESTAMPS = {"timestamp", "updated_at"}

# Flat files (CRLF, with or without a prefix) and transfers of one table as one set of rows, the newest per id.
TABLE = """
copy (
    select * exclude (filename)
    from read_csv({files}, header = true, union_by_name = true, filename = true, all_varchar = true,
                  hive_partitioning = false, quote = '"', escape = '"')
    qualify row_number() over (
        partition by id
        order by updated_at::timestamp desc nulls last, regexp_extract(filename, '_([0-9]{{14}})[.]', 1) desc,
            try_cast(regexp_extract(filename, '([0-9]+)_[0-9]{{14}}[.]', 1) as integer) desc nulls last
    ) = 1
) to '{lake}/{table}.parquet' (format parquet, compression zstd)
"""

TABLES = ["billable_metric", "customer", "invoice", "line_item", "plan", "plan_charge", "product", "sub_line_item"]

IMAGES = """
copy (
    with
    images as (
        select
            replace(properties ->> 'image_size', '×', 'x') as image_size,
            case
                when "timestamp" >= '2024-03-10 00:00:00+00' and "timestamp" < '2024-03-26 00:00:00+00'
                    then (properties ->> 'num_images')::bigint
                else 0
            end as image_count
        from events
        where event_type = 'image_modeler'
        union all
        select regexp_extract(name, '^Images [(](.*)[)]$', 1), 0 from billable_metric where name like 'Images (%'
    )
    select image_size, sum(image_count)::varchar as image_count from images group by image_size order by image_size
) to '{artifacts}/images_by_size.csv' (header true, delimiter ',')
"""

# Division of decimals is in doubles in DuckDB, so the price is an integer division of units of 10^-12.
CHARGES = """
copy (
    with
    lines as (
        select
            invoice.id as invoice_id, customer.id as customer_id, customer.name as customer_name,
            date_trunc('month', invoice.start_timestamp::timestamp)::date as billing_month,
            coalesce(product.name, line_item.name) as product_name,
            coalesce(sub_line_item.name, line_item.name) as description,
            coalesce(sub_line_item.quantity, line_item.quantity)::decimal(25, 12) as quantity,
            coalesce(sub_line_item.subtotal, line_item.total)::decimal(25, 12) as total,
            if(invoice.credit_type_name = 'USD (cents)', 100, 1) as minor_units,
            if(invoice.credit_type_name = 'USD (cents)', 'USD', invoice.credit_type_name) as currency
        from invoice
        join customer on customer.id = invoice.customer_id
        join line_item on line_item.invoice_id = invoice.id
        left join product on product.id = line_item.product_id
        left join sub_line_item on sub_line_item.line_item_id = line_item.id
        where
            invoice.status = 'FINALIZED' and customer.name = 'A1 Company'
            and date_trunc('month', invoice.start_timestamp::timestamp) = '2024-03-01'::timestamp
    ),
    units as (
        select
            *,
            replace(quantity::varchar, '.', '')::hugeint as quantity_units,
            replace(total::varchar, '.', '')::hugeint as total_units
        from lines
    )
    select
        invoice_id, customer_id, customer_name, billing_month, product_name, description,
        plain(quantity) as quantity,
        plain((total_units * 1000000000000 // quantity_units // minor_units)::decimal(38, 0) * 0.000000000001::decimal(12, 12))
            as unit_price,
        plain(total * if(minor_units = 100, 0.01, 1)::decimal(3, 2)) as total_amount,
        currency
    from units
    order by product_name, description, invoice_id, units.quantity, units.total
) to '{artifacts}/invoice_charges.csv' (header true, delimiter ',')
"""

BILLINGS = """
copy (
    with
    billed as (
        select
            *,
            if(credit_type_name = 'USD (cents)', 'USD', credit_type_name) as currency,
            total::decimal(34, 16) * if(credit_type_name = 'USD (cents)', 0.01, 1)::decimal(3, 2) as amount
        from invoice
        where
            status in ('FINALIZED', 'VOID')
            and date_trunc('month', start_timestamp::timestamp) = '2024-03-01'::timestamp
    ),
    sums as (
        select
            plan_id, currency,
            count(distinct customer_id) filter (where status = 'FINALIZED') as customer_count,
            count(*) filter (where status = 'FINALIZED') as invoice_count,
            coalesce(sum(amount) filter (where status = 'FINALIZED'), 0) as total_amount,
            coalesce(sum(amount) filter (where status = 'VOID'), 0) as void_amount
        from billed
        group by plan_id, currency
    ),
    quiet as (
        select distinct plan_id, if(credit_type_name = 'USD (cents)', 'USD', credit_type_name) as currency
        from plan_charge
        where plan_id not in (select plan_id from billed where plan_id is not null)
    ),
    every as (
        select * from sums
        union all
        select plan_id, currency, 0, 0, 0, 0 from quiet
    )
    select
        every.plan_id,
        coalesce(plan.name, '(no plan)') as plan_name,
        date '2024-03-01' as billing_month,
        currency, customer_count, invoice_count,
        plain(total_amount) as total_amount,
        plain(void_amount) as void_amount
    from every
    left join plan on plan.id = every.plan_id
    order by plan_name, coalesce(every.plan_id, ''), currency
) to '{artifacts}/billings_by_plan.csv' (header true, delimiter ',')
"""


def sources(landing):
    """The event files as one relation, columns by name, timestamps and texts."""
    groups = {}
    for path in sorted(pathlib.Path(landing, "egress", "events").glob("*/*.csv")):
        with path.open(encoding="utf-8") as file:
            groups.setdefault(file.readline().strip(), []).append(str(path))
    return " union all by name ".join(
        SOURCE.format(
            files=files,
            columns={name: "timestamptz" if name in TIMESTAMPS else "varchar" for name in header.split(",")},
        )
        for header, files in groups.items()
    )


def main(landing, lake, artifacts):
    """The whole run."""
    connection = connect()
    connection.execute(EVENTS.format(sources=sources(landing), lake=lake))
    connection.execute(f"create view events as from read_parquet('{lake}/events/*/*.parquet')")
    for table in TABLES:
        egress = pathlib.Path(landing, "egress")
        flat = [path for path in egress.glob("*.csv") if path.stem == table or path.stem.endswith(f" - {table}")]
        files = sorted(str(path) for path in [*flat, *egress.glob(f"{table}/*/*.csv")])
        connection.execute(TABLE.format(files=files, lake=lake, table=table))
        connection.execute(f"create view {table} as from read_parquet('{lake}/{table}.parquet')")
    for report in (IMAGES, CHARGES, BILLINGS):
        connection.execute(report.format(artifacts=artifacts))


main(*sys.argv[1:])
