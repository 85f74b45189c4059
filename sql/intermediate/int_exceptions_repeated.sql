-- Ids that stand for more than one thing, one row each: rows delivered under one key and equally new that say other things,
-- and ledger entries that share an id.
--
-- What counts is the row that the lake keeps; each of the others is an exception. Where they differ in nothing that a report
-- adds or joins by, it is only said.
--
-- grain    code, item
-- codes
--   INVOICE_ID_OF_TWO_CONTRACTS  block  an invoice id stands for invoices of two customers or contracts
--   INVOICE_WITH_TWO_PERIODS     block  an invoice id stands for two service periods
--   INVOICE_WITH_TWO_TOTALS      block  an invoice id stands for two totals, currencies or statuses
--   LINE_ID_OF_TWO_INVOICES      block  a line id stands for lines of two invoices
--   LINE_WITH_TWO_AMOUNTS        block  a line id stands for two amounts, currencies or commits
--   BALANCE_WITH_TWO_LEDGERS     block  a commit or credit has two ledgers
--   BALANCE_OF_TWO_CUSTOMERS     block  a commit or credit has two customers
--   EVENT_WITH_TWO_CONTENTS      block  a transaction id stands for two events
--   ROW_WITH_TWO_CONTENTS        block  an id of another table stands for two rows that differ
--   ROW_TOLD_TWICE               warn   rows of one id differ in nothing that a report adds or joins by
--   LEDGER_ENTRY_ID_REPEATED     warn   an id stands for several ledger entries
--   LEDGER_ENTRY_WITHOUT_ID      warn   a ledger entry has no id where others have one
--   BALANCE_TYPE_SPELLED         warn   the type of a commit or credit is not in small letters
-- columns
--   code               text                         what is wrong
--   customer_id        text?                        the customer concerned
--   contract_id        text?                        the contract concerned
--   invoice_id         text?                        the invoice concerned
--   line_item_id       text?                        the line concerned
--   balance_id         text?                        the commit or credit concerned
--   item               text                         what tells it from others of the same code and ids
--   month              date?                        first day of the month it belongs to, UTC
--   currency           text?                        currency or unit of the amounts; `units of …` where they are quantities
--   expected_amount    decimal(38, 18)? [currency]  what should be there
--   actual_amount      decimal(38, 18)? [currency]  what is there
--   probable_cause     text                         why it may be so
with
contradictions as (
    select * from stg_etl__contradictions
),

invoices as (
    select * from stg_egress__invoices
),

line_items as (
    select * from stg_egress__line_items
),

balances as (
    select * from int_balances_unified
),

spellings as (
    select * from stg_egress__balance_spellings
),

read as (
    select
        table_name,
        file || ' row ' || cast(row_number as varchar) as item,
        row_json,
        differing_columns,
        coalesce(json_text(row_json, 'transaction_id'), json_text(row_json, 'id')) as id,
        json_text(row_json, 'customer_id') as customer_id,
        json_text(row_json, 'contract_id') as contract_id,
        json_text(row_json, 'invoice_id') as invoice_id,
        json_text(row_json, 'commit_id') as commit_id,
        upper(json_text(row_json, 'status')) as status,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case json_text(row_json, 'credit_type_id')
            when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD'
            else json_text(row_json, 'credit_type_name')
        end as currency,
        money_mul(
            try_exact_decimal(json_text(row_json, 'total')),
            case json_text(row_json, 'credit_type_id')
                when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01
                else 1.00
            end
        ) as amount,
        try_instant(json_text(row_json, 'start_timestamp')) as starting_at,
        try_instant(json_text(row_json, 'end_timestamp')) as ending_before,
        json_text(row_json, 'ledger') as ledger,
        try_instant(json_text(row_json, 'updated_at')) as updated_at
    from contradictions
),

told as (
    select
        case
            when (read.customer_id is distinct from invoices.customer_id)
                or (read.contract_id is distinct from invoices.contract_id)
                then 'INVOICE_ID_OF_TWO_CONTRACTS'
            when (read.starting_at is distinct from invoices.starting_at)
                or (read.ending_before is distinct from invoices.ending_before)
                then 'INVOICE_WITH_TWO_PERIODS'
            when (read.amount is distinct from invoices.total_amount)
                or (read.currency is distinct from invoices.currency)
                or (read.status is distinct from invoices.invoice_status)
                then 'INVOICE_WITH_TWO_TOTALS'
            else 'ROW_TOLD_TWICE'
        end as code,
        read.customer_id,
        read.contract_id,
        read.id as invoice_id,
        cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id,
        read.item,
        read.starting_at as dated_at,
        read.currency,
        invoices.total_amount as expected_amount,
        read.amount as actual_amount,
        'another row of this id counts: total '
        || coalesce(rtrim(rtrim(cast(invoices.total_amount as varchar), '0'), '.'), '?') || ' from '
        || coalesce(cast(invoices.starting_at as varchar), '?') || ' of customer '
        || coalesce(invoices.customer_id, '?') as probable_cause
    from read
    inner join invoices on read.id = invoices.invoice_id
    where read.table_name = 'egress.invoice'
    union all
    select
        case
            when read.invoice_id is distinct from line_items.invoice_id then 'LINE_ID_OF_TWO_INVOICES'
            when (read.amount is distinct from line_items.total_amount)
                or (read.currency is distinct from line_items.currency)
                or (read.commit_id is distinct from line_items.commit_id)
                then 'LINE_WITH_TWO_AMOUNTS'
            else 'ROW_TOLD_TWICE'
        end as code,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as contract_id,
        read.invoice_id,
        read.id as line_item_id,
        read.commit_id as balance_id,
        read.item,
        try_instant(json_text(read.row_json, 'starting_at')) as dated_at,
        read.currency,
        line_items.total_amount as expected_amount,
        read.amount as actual_amount,
        'another row of this id counts: total '
        || coalesce(rtrim(rtrim(cast(line_items.total_amount as varchar), '0'), '.'), '?')
        || ' on invoice ' || coalesce(line_items.invoice_id, '?') as probable_cause
    from read
    inner join line_items on read.id = line_items.line_item_id
    where read.table_name = 'egress.line_item'
    union all
    select
        case
            when read.ledger is distinct from spellings.ledger then 'BALANCE_WITH_TWO_LEDGERS'
            when read.customer_id is distinct from spellings.customer_id then 'BALANCE_OF_TWO_CUSTOMERS'
            else 'ROW_TOLD_TWICE'
        end as code,
        read.customer_id,
        read.contract_id,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as line_item_id,
        read.id as balance_id,
        read.item,
        read.updated_at as dated_at,
        balances.currency,
        cast(array_length(json_elements(spellings.ledger)) as decimal(38, 18)) as expected_amount,
        cast(array_length(json_elements(read.ledger)) as decimal(38, 18)) as actual_amount,
        'another row of this id counts; the amounts are the numbers of entries in their ledgers' as probable_cause
    from read
    inner join spellings on read.id = spellings.balance_id
    left join balances on read.id = balances.balance_id
    where read.table_name = 'egress.contracts_balances'
    union all
    select
        case
            when replace(replace(read.differing_columns, '_metronome_metadata_id', ''), ',', '') = '' then 'ROW_TOLD_TWICE'
            when read.table_name = 'egress.events' then 'EVENT_WITH_TWO_CONTENTS'
            else 'ROW_WITH_TWO_CONTENTS'
        end as code,
        read.customer_id,
        read.contract_id,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id,
        read.item,
        read.updated_at as dated_at,
        read.currency,
        cast(null as decimal(38, 18)) as expected_amount,
        read.amount as actual_amount,
        'another row of ' || coalesce(read.id, 'its key') || ' in ' || coalesce(read.table_name, '?')
        || ' counts; the two differ in ' || replace(coalesce(read.differing_columns, '?'), ',', ', ') as probable_cause
    from read
    where read.table_name not in ('egress.invoice', 'egress.line_item', 'egress.contracts_balances')
),

ledgers as (
    select balance_id, customer_id, json_elements(ledger) as entries from spellings
    union all
    select id as balance_id, customer_id, json_elements(ledger) as entries
    from read
    where table_name = 'egress.contracts_balances'
),

entries as (
    select balance_id, customer_id, unnest(entries) as entry from ledgers
),

read_entries as (
    select distinct
        balance_id,
        customer_id,
        json_text(entry, 'ledger_entry_id') as entry_id,
        json_text(entry, 'type') as entry_type,
        json_text(entry, 'timestamp') as written_at,
        json_text(entry, 'amount') as written_amount
    from entries
),

entry_ids as (
    select
        entry_id,
        count(*) as entry_count,
        count(distinct balance_id) as balance_count,
        min(written_at) as written_at
    from read_entries
    where entry_id is not null
    group by entry_id
),

told_entries as (
    select
        'LEDGER_ENTRY_ID_REPEATED' as code,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as balance_id,
        entry_id as item,
        written_at,
        'stands for ' || cast(entry_count as varchar) || ' entries of ' || cast(balance_count as varchar)
        || ' commits and credits' as probable_cause
    from entry_ids
    where entry_count > 1
    union all
    select
        'LEDGER_ENTRY_WITHOUT_ID' as code,
        customer_id,
        balance_id,
        balance_id || ' ' || coalesce(entry_type, '?') || ' ' || coalesce(written_at, '?') || ' '
        || coalesce(written_amount, '?') as item,
        written_at,
        'other entries have an id' as probable_cause
    -- The one before the many: what stands first is held in memory.
    from (select count(*) as id_count from entry_ids) as ids
    inner join read_entries on ids.id_count > 0
    where entry_id is null
    union all
    select
        'BALANCE_TYPE_SPELLED' as code,
        customer_id,
        balance_id,
        balance_id as item,
        cast(null as varchar) as written_at,
        'the type is written ' || written_type || ', in the schema in small letters' as probable_cause
    from spellings
    where written_type <> lower(written_type)
),

final as (
    select
        code,
        customer_id,
        contract_id,
        invoice_id,
        line_item_id,
        balance_id,
        item,
        month_of(dated_at) as month,
        case when code = 'BALANCE_WITH_TWO_LEDGERS' then 'units of ledger entries' else currency end as currency,
        expected_amount,
        actual_amount,
        probable_cause
    from told
    union all
    select
        code,
        
        customer_id,
        cast(null as varchar) as contract_id,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as line_item_id,
        balance_id,
        item,
        month_of(try_instant(written_at)) as month,
        cast(null as varchar) as currency,
        cast(null as decimal(38, 18)) as expected_amount,
        cast(null as decimal(38, 18)) as actual_amount,
        probable_cause
    from told_entries
)

select * from final
