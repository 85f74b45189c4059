-- Balances whose ledger does not fit the lines of invoices, their schedule or their balance, one row each.
--
-- A deduction must be the sum of the negative lines of its invoice and commit; where a postpaid commit has none, of the lines
-- that name it. What a void invoice drew is given back and in neither. A ledger goes below zero where more was drawn than
-- granted; what people took away by hand does not count, as the vendor stops at zero there.
--
-- grain    code, item
-- params   $as_of instant
-- codes
--   LINES_WITHOUT_DEDUCTION       block  an invoice applies a commit or credit and the ledger does not draw on it
--   DEDUCTION_WITHOUT_LINES       block  the ledger draws for an invoice of which no line was delivered
--   DEDUCTION_DIFFERS_FROM_LINES  block  the ledger draws another amount than the invoice applies
--   DEDUCTION_OF_UNKNOWN_INVOICE  warn   the invoice that a ledger entry names was not delivered
--   DEDUCTION_DATE_DIFFERS        warn   a deduction is not dated the end of what it covers
--   TRUE_UP_DIFFERS               block  ledger and invoice tell different amounts of a true-up
--   TRUE_UP_MISSING               block  the term of a postpaid commit is over and the rest was not billed
--   BALANCE_NOT_SETTLED           warn   the term of a commit or credit is over and its ledger is not empty
--   VOID_NOT_GIVEN_BACK           block  what a void invoice drew was not given back in full
--   LEDGER_BELOW_ZERO             block  more was drawn than granted
--   LEDGER_SIGN_WRONG             block  a ledger entry is on the wrong side of zero
--   LEDGER_ENTRY_UNKNOWN          warn   a ledger entry is of a kind that is not known here
--   LEDGER_DIFFERS_FROM_BALANCE   block  the ledger does not add up to the balance
--   GRANT_DIFFERS_FROM_SCHEDULE   block  the ledger grants another amount than the access schedule
--   COST_BASIS_UNKNOWN            block  what was paid for a commit that was drawn on is not known
--   COST_BASIS_DIFFERS            block  the stated cost basis of a commit is not paid over granted
--   PREPAID_NOT_ACCOUNTED         block  what was paid for a commit is not recognized, deferred, moved on or adjusted
--   TAKEN_BY_HAND                 warn   a commit was lowered by hand: what was paid for that stays deferred and asks for an entry
--   PURCHASE_NOT_BILLED           warn   invoices bill less for a commit than its schedule says by now
--   COMMIT_FREE                   warn   a prepaid commit is billed by nobody and counts as given
--   COMMIT_BILLED_ELSEWHERE       warn   a commit is billed outside the vendor's invoices: its bill is no invoice here
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
balances as (
    select * from int_balances_unified
),

valued as (
    select * from int_balances_valued
),

segments as (
    select * from int_balance_segments_unified
),

ledger as (
    select * from int_ledger_entries_classified
),

terms as (
    select * from int_commits_dated
),

invoices as (
    select * from int_invoices_unified
),

lines as (
    select * from int_line_items_unified where commit_id is not null
),

prepaid as (
    select * from int_prepaid_accounted
),

schedule_items as (
    select 'api' as channel, balance_id, dated_at, billed from stg_api__balance_invoice_items
    union all
    select 'egress' as channel, balance_id, dated_at, billed from stg_egress__balance_invoice_items
),

-- Drafts count: they will be billed.
purchases as (
    select balance_id, money_sum(total_amount) as billed_amount
    from int_lines_classified
    where line_role = 'purchase' and is_counted
    group by balance_id
),

due as (
    select
        balances.balance_id,
        balances.invoice_currency as currency,
        max(schedule_items.dated_at) as dated_at,
        money_sum(money_mul(schedule_items.billed, balances.units_per_invoiced)) as due_amount
    from balances
    inner join schedule_items
        on balances.balance_id = schedule_items.balance_id and balances.channel = schedule_items.channel
    where balances.balance_type = 'prepaid' and balances.is_invoiced and schedule_items.dated_at < balances.as_of
    group by balances.balance_id, balances.invoice_currency
),

billed_invoices as (
    select *
    from invoices
    where invoice_status in ('FINALIZED', 'VOID')
        -- These repeat lines of the invoices that ledgers name.
        and coalesce(upper(invoice_type) not like '%CONSOLIDATED%', true)
),

has_lines as (
    select count(*) as line_count from int_line_items_unified
),

deducted as (
    select
        ledger.balance_id,
        ledger.invoice_id,
        ledger.currency,
        -money_sum(ledger.amount) as amount,
        max(ledger.occurred_at) as occurred_at
    from ledger
    inner join billed_invoices on ledger.invoice_id = billed_invoices.invoice_id
    where ledger.movement_class in ('drawdown', 'void_drawdown', 'credit_back')
        and not (ledger.is_void and ledger.amount > 0)
    group by ledger.balance_id, ledger.invoice_id, ledger.currency
),

applied as (
    select
        lines.commit_id as balance_id,
        lines.invoice_id,
        max(lines.currency) as currency,
        count(*) filter (where lines.is_application) as application_count,
        coalesce(
            -money_sum(case when lines.is_application then lines.total_amount end),
            money_sum(case when lines.line_type in ('usage', 'subscription') then lines.total_amount end)
        ) as amount,
        max(case when lines.is_application then lines.ending_before end) as ending_before
    from lines
    inner join billed_invoices on lines.invoice_id = billed_invoices.invoice_id
    inner join valued on lines.commit_id = valued.balance_id
    where lines.is_application or (valued.balance_type = 'postpaid' and lines.line_type in ('usage', 'subscription'))
    group by lines.commit_id, lines.invoice_id
),

itemized as (
    select distinct invoice_id from int_line_items_unified
),

drawn as (
    select
        coalesce(deducted.balance_id, applied.balance_id) as balance_id,
        coalesce(deducted.invoice_id, applied.invoice_id) as invoice_id,
        coalesce(deducted.currency, applied.currency) as currency,
        deducted.amount as deducted_amount,
        applied.amount as applied_amount,
        deducted.occurred_at,
        applied.ending_before,
        billed_invoices.invoice_status = 'VOID' as is_void
    from deducted
    full join applied on deducted.balance_id = applied.balance_id and deducted.invoice_id = applied.invoice_id
    inner join billed_invoices on coalesce(deducted.invoice_id, applied.invoice_id) = billed_invoices.invoice_id
),

-- Entries of void invoices and what gives them back are left out together.
counting as (
    select * from ledger where not is_void and (movement_class <> 'manual' or amount > 0)
),

running as (
    select
        balance_id,
        entry_number,
        occurred_at,
        currency,
        money_sum(amount) over (
            partition by balance_id
            -- What was given by hand may be dated later than what it made possible.
            order by case when movement_class = 'manual' then 0 else 1 end, occurred_at,
                case when amount > 0 then 0 else 1 end, entry_number
            rows between unbounded preceding and current row
        ) as running_amount
    from counting
),

overdrawn as (
    select
        *,
        row_number() over (partition by balance_id order by occurred_at, entry_number) as place,
        min(running_amount) over (partition by balance_id) as lowest_amount
    from running
    where running_amount < 0
),

moved as (
    select
        balance_id,
        money_sum(amount) as ledger_amount,
        money_sum(case when movement_class = 'grant' then amount end) as granted_amount,
        bool_or(movement_class = 'manual') as has_manual,
        bool_or(movement_class = 'draft_drawdown') as has_draft
    from ledger
    group by balance_id
),

opened as (
    select
        balance_id,
        bool_and(is_open) as is_open,
        money_sum(granted_amount) as granted_amount
    from segments
    group by balance_id
),

begun as (
    select segments.balance_id, money_sum(segments.granted_amount) as granted_amount
    from segments
    inner join balances on segments.balance_id = balances.balance_id
    where segments.starting_at <= balances.as_of
    group by segments.balance_id
),

trued_up as (
    select balance_id, invoice_id, currency, max(occurred_at) as occurred_at, -money_sum(amount) as amount
    from ledger
    where movement_class = 'true_up' and invoice_id is not null
    group by balance_id, invoice_id, currency
),

trued_up_lines as (
    select balance_id, invoice_id, money_sum(total_amount) as amount
    from int_lines_classified
    where line_role = 'trueup'
    group by balance_id, invoice_id
),

voided as (
    select balance_id, invoice_id, currency, max(occurred_at) as occurred_at, money_sum(amount) as amount
    from ledger
    where is_void
    group by balance_id, invoice_id, currency
),

found as (
    select
        case
            when drawn.deducted_amount is null then 'LINES_WITHOUT_DEDUCTION'
            when itemized.invoice_id is null then 'DEDUCTION_WITHOUT_LINES'
            else 'DEDUCTION_DIFFERS_FROM_LINES'
        end as code,
        
        drawn.balance_id,
        drawn.invoice_id,
        drawn.invoice_id || ' ' || drawn.balance_id as item,
        drawn.occurred_at as dated_at,
        drawn.currency,
        drawn.applied_amount as expected_amount,
        drawn.deducted_amount as actual_amount,
        case
            when drawn.deducted_amount is null then 'the ledger misses an entry'
            when itemized.invoice_id is null then 'the lines of the invoice were not delivered'
            when drawn.applied_amount is null then 'the invoice applies nothing of the commit'
            else 'the ledger and the invoice draw different amounts'
        end as probable_cause
    from drawn
    inner join has_lines on has_lines.line_count > 0
    left join itemized on drawn.invoice_id = itemized.invoice_id
    where (drawn.deducted_amount is distinct from drawn.applied_amount)
        -- What a void invoice drew may be gone from the ledger.
        and not (drawn.is_void and drawn.deducted_amount is null)
    union all
    select
        'DEDUCTION_OF_UNKNOWN_INVOICE' as code, ledger.balance_id, ledger.invoice_id,
        ledger.balance_id || ' ' || cast(ledger.entry_number as varchar) as item, ledger.occurred_at as dated_at,
        ledger.currency, cast(null as decimal(38, 18)) as expected_amount, -ledger.amount as actual_amount,
        'its invoice was not delivered' as probable_cause
    from ledger
    left anti join invoices on ledger.invoice_id = invoices.invoice_id
    -- As of an instant invoices that came later are not there.
    where ledger.invoice_id is not null and $as_of is null
    union all
    select
        'DEDUCTION_DATE_DIFFERS' as code, drawn.balance_id, drawn.invoice_id,
        drawn.invoice_id || ' ' || drawn.balance_id as item, drawn.occurred_at as dated_at, drawn.currency,
        cast(null as decimal(38, 18)) as expected_amount, drawn.deducted_amount as actual_amount,
        'dated ' || cast(drawn.occurred_at as varchar) || ', not the end of what it covers' as probable_cause
    from drawn
    inner join invoices on drawn.invoice_id = invoices.invoice_id
    where drawn.occurred_at <> coalesce(drawn.ending_before, invoices.ending_before)
        and invoices.ending_before is not null
    union all
    select
        'TRUE_UP_DIFFERS' as code, trued_up.balance_id, trued_up.invoice_id,
        trued_up.invoice_id || ' ' || trued_up.balance_id as item, trued_up.occurred_at as dated_at, trued_up.currency,
        trued_up.amount as expected_amount, coalesce(trued_up_lines.amount, invoices.total_amount) as actual_amount,
        'the ledger trues up another amount than the invoice bills' as probable_cause
    from trued_up
    inner join invoices on trued_up.invoice_id = invoices.invoice_id and invoices.invoice_status = 'FINALIZED'
    left join trued_up_lines
        on trued_up.balance_id = trued_up_lines.balance_id and trued_up.invoice_id = trued_up_lines.invoice_id
    where trued_up.amount is distinct from coalesce(trued_up_lines.amount, invoices.total_amount)
    union all
    select
        case when terms.balance_type = 'postpaid' and moved.ledger_amount > 0 then 'TRUE_UP_MISSING'
            else 'BALANCE_NOT_SETTLED' end as code,
        terms.balance_id, cast(null as varchar) as invoice_id, terms.balance_id as item, terms.ending_before as dated_at,
        terms.currency, cast(0 as decimal(38, 18)) as expected_amount, moved.ledger_amount as actual_amount,
        'nothing expired, moved on or was trued up for what is left' as probable_cause
    from terms
    inner join moved on terms.balance_id = moved.balance_id
    where terms.is_ended
        and not moved.has_draft
        and moved.ledger_amount <> 0
        and (not moved.has_manual or moved.ledger_amount > 0)
    union all
    select
        'VOID_NOT_GIVEN_BACK' as code, balance_id, invoice_id, invoice_id || ' ' || balance_id as item,
        occurred_at as dated_at, currency, cast(0 as decimal(38, 18)) as expected_amount, amount as actual_amount,
        'the ledger still draws for an invoice that is void' as probable_cause
    from voided
    where amount <> 0
    union all
    select
        case movement_class when 'other' then 'LEDGER_ENTRY_UNKNOWN' else 'LEDGER_SIGN_WRONG' end as code, balance_id,
        invoice_id, balance_id || ' ' || cast(entry_number as varchar) as item, occurred_at as dated_at, currency,
        cast(null as decimal(38, 18)) as expected_amount, amount as actual_amount,
        'its type is ' || coalesce(entry_type, '?') as probable_cause
    from ledger
    where movement_class = 'other'
        or (movement_class = 'grant' and amount < 0)
        or (movement_class in ('drawdown', 'draft_drawdown', 'expiry', 'rollover_out', 'true_up') and amount > 0)
    union all
    select
        'LEDGER_BELOW_ZERO' as code, overdrawn.balance_id, cast(null as varchar) as invoice_id,
        overdrawn.balance_id as item, overdrawn.occurred_at as dated_at, overdrawn.currency,
        cast(0 as decimal(38, 18)) as expected_amount, overdrawn.lowest_amount as actual_amount,
        'more was drawn than granted, first by entry ' || cast(overdrawn.entry_number as varchar) as probable_cause
    from overdrawn
    -- As of an instant what was given by hand and dated later is not there.
    where overdrawn.place = 1 and $as_of is null
    union all
    select
        'LEDGER_DIFFERS_FROM_BALANCE' as code, balances.balance_id,
        cast(null as varchar) as invoice_id, balances.balance_id as item, balances.as_of as dated_at, balances.currency,
        moved.ledger_amount as expected_amount, balances.balance_amount as actual_amount,
        'an entry is missing, or the balance is of another time' as probable_cause
    from balances
    inner join opened on balances.balance_id = opened.balance_id
    inner join moved on balances.balance_id = moved.balance_id
    where (
            (opened.is_open and balances.balance_amount <> moved.ledger_amount)
            -- What has ended has nothing left, and a ledger that says otherwise misses its end.
            or (not opened.is_open and balances.balance_amount = 0 and moved.ledger_amount < 0)
        )
        and not moved.has_manual
    union all
    select
        'GRANT_DIFFERS_FROM_SCHEDULE' as code, balances.balance_id,
        cast(null as varchar) as invoice_id, balances.balance_id as item, balances.as_of as dated_at, balances.currency,
        begun.granted_amount as expected_amount, moved.granted_amount as actual_amount,
        'the ledger grants what the access schedule does not' as probable_cause
    from balances
    inner join begun on balances.balance_id = begun.balance_id
    inner join moved on balances.balance_id = moved.balance_id
    where begun.granted_amount is distinct from moved.granted_amount
    union all
    select
        'COST_BASIS_UNKNOWN' as code, valued.balance_id, cast(null as varchar) as invoice_id,
        valued.balance_id as item, valued.starting_at as dated_at, valued.balance_currency as currency,
        cast(null as decimal(38, 18)) as expected_amount, moved.ledger_amount - moved.granted_amount as actual_amount,
        'what was paid for the commit is in no invoice schedule: its revenue cannot be told' as probable_cause
    from valued
    inner join moved on valued.balance_id = moved.balance_id
    where valued.balance_type = 'prepaid' and valued.cost_basis is null and moved.ledger_amount <> moved.granted_amount
    union all
    select
        'COST_BASIS_DIFFERS' as code, balance_id, cast(null as varchar) as invoice_id,
        balance_id as item, starting_at as dated_at, currency, paid_amount as expected_amount,
        money_mul(granted, stated_basis) as actual_amount,
        'the cost basis that the vendor states is not paid over granted' as probable_cause
    from valued
    -- The vendor's is a float: its last digits are no news.
    where balance_type = 'prepaid'
        and abs(agreed_basis - stated_basis) > 0.000000000001
    union all
    select
        'PREPAID_NOT_ACCOUNTED' as code, balance_id, cast(null as varchar) as invoice_id,
        balance_id as item, cast(null as timestamp(6) with time zone) as dated_at, currency,
        purchased_amount + rolled_in_amount as expected_amount,
        recognized_amount + deferred_amount + rolled_amount + adjusted_amount as actual_amount,
        'lines and ledger do not use up the commit alike' as probable_cause
    from prepaid
    where purchased_amount + rolled_in_amount <> recognized_amount + deferred_amount + rolled_amount + adjusted_amount
    union all
    select
        'TAKEN_BY_HAND' as code, balance_id, cast(null as varchar) as invoice_id, balance_id as item,
        cast(null as timestamp(6) with time zone) as dated_at, currency, cast(0 as decimal(38, 18)) as expected_amount,
        -- More may be taken than is left: the vendor stops at nothing.
        adjusted_amount + least(deferred_amount + unbilled_amount, 0) as actual_amount,
        'taken back, used unseen or given up: a refund, revenue or a correction' as probable_cause
    from prepaid
    where adjusted_amount + least(deferred_amount + unbilled_amount, 0) > 0
    union all
    select
        'PURCHASE_NOT_BILLED' as code, due.balance_id, cast(null as varchar) as invoice_id, due.balance_id as item,
        due.dated_at, due.currency, due.due_amount as expected_amount,
        coalesce(purchases.billed_amount, 0) as actual_amount,
        'its invoice was not delivered, is void, or was not made' as probable_cause
    from due
    left join purchases on due.balance_id = purchases.balance_id
    where coalesce(purchases.billed_amount, 0) < due.due_amount
    union all
    select
        case when paid_amount = 0 then 'COMMIT_FREE' else 'COMMIT_BILLED_ELSEWHERE' end as code, balance_id,
        cast(null as varchar) as invoice_id, balance_id as item, starting_at as dated_at, currency,
        cast(null as decimal(38, 18)) as expected_amount, paid_amount as actual_amount,
        case
            when paid_amount = 0 then 'its invoice schedule is empty, or bills nothing'
            else 'sold elsewhere, on a marketplace or by hand'
        end as probable_cause
    from valued
    where balance_type = 'prepaid'
        and balance_id = root_balance_id
        and (paid_amount = 0 or (not is_invoiced and paid_amount is not null))
),

final as (
    select
        found.code,
        balances.customer_id,
        balances.contract_id,
        found.invoice_id,
        cast(null as varchar) as line_item_id,
        found.balance_id,
        found.item,
        -- What ends at the first instant of a month belongs to the one before, what begins or is due then does not.
        month_of(
            case
                when found.code in (
                    'COST_BASIS_UNKNOWN', 'COST_BASIS_DIFFERS', 'PURCHASE_NOT_BILLED', 'COMMIT_FREE', 'COMMIT_BILLED_ELSEWHERE'
                ) then found.dated_at
                else found.dated_at - interval '1 microsecond'
            end
        ) as month,
        found.currency,
        found.expected_amount,
        found.actual_amount,
        found.probable_cause
    from found
    left join balances on found.balance_id = balances.balance_id
)

select * from final
