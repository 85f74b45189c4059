-- Three reports of commits and credits from the typed tables of the export: balance_rollforward, commit_schedule and
-- revenue_schedule, to the last digit. What the random accounts never have (units of products, refunds, credit grants of plans,
-- hierarchies, consolidated invoices, breakdowns of drafts, a newest snapshot that is not complete) is not read here. Nor is a
-- commit's worth taken from running sums, as its prices divide without a rest there.
--
-- Amounts are decimal(38, 18) in units of their currency. DuckDB divides decimals as doubles, so what is multiplied and divided
-- is a number of 10^-18, a hugeint; every quotient is rounded half away from zero.

create macro usd() as '2714e483-4ff1-48e4-9e25-ac732e8f24f2';
create macro currency_of(credit_type_id, credit_type_name) as if(credit_type_id = usd(), 'USD', credit_type_name);
create macro money(amount, credit_type_id) as
    (amount::decimal(34, 16) * if(credit_type_id = usd(), 0.01, 1)::decimal(3, 2))::decimal(38, 18);

create macro one() as 1000000000000000000::hugeint;
create macro half() as 1000000000::hugeint;
create macro units(amount) as trunc(amount)::hugeint * one() + ((amount % 1)::decimal(18, 18) * one()::decimal(19, 0))::hugeint;
create macro amount_of(units) as (units::decimal(38, 0) * 0.000000000000000001::decimal(18, 18))::decimal(38, 18);
create macro quotient(a, b) as a // b + if(2 * abs(a % b) >= abs(b), sign(a) * sign(b), 0);
-- Of units, to units: 9 digits at a time, as a product of 36 or a dividend of 50 digits is more than a hugeint has.
create macro product(a, b) as
    (a // half()) * (b // half())
    + quotient(((a // half()) * (b % half()) + (a % half()) * (b // half())) * half() + (a % half()) * (b % half()), one());
create macro ratio(a, b) as
    (a // b) * one() + ((a % b) * half() // b) * half() + quotient(((a % b) * half() % b) * half(), b);

create macro month_of(moment) as date_trunc('month', moment)::date;
create macro month_before(moment) as month_of(moment - interval 1 microsecond);
create macro months_through(first, last) as generate_series(first::timestamp, last::timestamp, interval 1 month)::date[];
-- A period's months; of what has none the month it counts in.
create macro months_of(starting_at, ending_before, point_month) as
    if(starting_at is null, [point_month], months_through(month_of(starting_at), month_before(ending_before)));
create macro last_day(ending_before) as (ending_before - interval 1 microsecond)::date;
create macro passed(units, days, starting_at, ending_before) as
    quotient(units * days, last_day(ending_before) - starting_at::date + 1);
-- What has passed by a month's end less what had by its begin, so that the parts of all months add up. Of units.
create macro part(units, starting_at, ending_before, month) as if(
    starting_at is null,
    units,
    passed(
        units, least(last_day(ending_before) + 1, (month + interval 1 month)::date) - starting_at::date,
        starting_at, ending_before
    )
    - passed(units, greatest(month - starting_at::date, 0), starting_at, ending_before)
);

create temp table balances as
select
    id as balance_id, customer_id, contract_id, lower(type) as balance_type, name as balance_name, product_id,
    access_schedule ->> 'credit_type_id' as credit_type_id,
    currency_of(access_schedule ->> 'credit_type_id', access_schedule ->> 'credit_type_name') as currency,
    invoice_schedule ->> 'credit_type_id' as paid_type_id,
    currency_of(invoice_schedule ->> 'credit_type_id', invoice_schedule ->> 'credit_type_name') as paid_currency,
    coalesce(invoice_schedule ->> 'do_not_invoice', 'false') = 'false' as is_invoiced,
    cost_basis, rolled_over_from_commit_id as rolled_over_from_id, updated_at as as_of,
    from_json(access_schedule -> 'schedule_items', '[{"date":"TIMESTAMP","end_date":"TIMESTAMP","amount":"VARCHAR"}]') as segments,
    from_json(invoice_schedule -> 'schedule_items', '[{"invoice_id":"VARCHAR","amount":"VARCHAR"}]') as bills,
    from_json(ledger, '[{"type":"VARCHAR","timestamp":"TIMESTAMP","amount":"VARCHAR","invoice_id":"VARCHAR"}]') as ledger
from contracts_balances;

create temp table segments as
select balance_id, item.date as starting_at, item.end_date as ending_before, money(item.amount, credit_type_id) as amount
from (select balance_id, credit_type_id, unnest(segments) as item from balances);

create temp table terms as
select
    balance_id, min(starting_at) as starting_at,
    if(count(*) = count(ending_before), max(ending_before), null) as ending_before, sum(amount) as granted
from segments
group by balance_id;

create temp table invoices as
with
told as (
    select
        id, customer_id, contract_id, upper(status) as status, credit_type_id, credit_type_name, total, start_timestamp,
        end_timestamp, issued_at
    from invoice
    union all
    select
        id, customer_id, contract_id, upper(status), credit_type_id, credit_type_name, total, start_timestamp, end_timestamp, null
    from draft_invoice
    where id not in (select id from invoice)
)
select
    id as invoice_id, customer_id, contract_id, status, start_timestamp as starting_at, end_timestamp as ending_before,
    issued_at, currency_of(credit_type_id, credit_type_name) as currency, money(total, credit_type_id) as amount
from told;

-- Movements of commits and credits. A deduction is dated the exclusive end of what it pays; so is what ends a term.
create temp table entries as
with
read as (
    select
        balance_id, balance_type, as_of, lower(entry.type) as type, entry.timestamp as occurred_at,
        money(entry.amount, credit_type_id) as amount, entry.invoice_id
    from (select balance_id, balance_type, as_of, credit_type_id, unnest(ledger) as entry from balances)
),
classed as (
    select
        read.*,
        coalesce(invoices.status = 'VOID', false) as is_void,
        invoices.invoice_id is not null as is_delivered,
        case
            when type like '%\_segment\_start' escape '\' or type like '%\_initial\_balance' escape '\' then 'grant'
            when type like '%\_deduction' escape '\' then case
                when status = 'VOID' then 'void_drawdown'
                when status = 'FINALIZED' or (status is null and occurred_at <= as_of) then 'drawdown'
                else 'draft_drawdown'
            end
            when type like '%\_expiration' escape '\' then 'expiry'
            when type like '%\_rollover' escape '\' then 'rollover_out'
            when type like '%\_trueup' escape '\' then 'true_up'
            when type like '%\_canceled' escape '\' or type like '%\_credited' escape '\' then 'credit_back'
            when type like '%\_manual' escape '\' then 'manual'
            when type like '%\_seat\_based\_adjustment' escape '\' then 'seat_adjustment'
            else 'other'
        end as movement
    from read
    left join invoices using (invoice_id)
)
select
    *,
    if(
        movement in ('drawdown', 'draft_drawdown', 'void_drawdown', 'expiry', 'true_up'),
        month_before(occurred_at), month_of(occurred_at)
    ) as month,
    is_void and movement in ('void_drawdown', 'credit_back')
    and sum(amount) filter (movement in ('void_drawdown', 'credit_back')) over (partition by balance_id, invoice_id) = 0
        as is_reversed
from classed;

-- Invoices that schedules and ledgers of commits name, and when the ledger settled one.
create temp table billed_commits as
with
named as (
    select balance_id, invoice_id, occurred_at as settled_at from entries where movement = 'true_up' and invoice_id is not null
    union all
    select balance_id, item.invoice_id, null
    from (select balance_id, unnest(bills) as item from balances)
    where item.invoice_id is not null
)
select balance_id, invoice_id, max(settled_at) as settled_at from named group by balance_id, invoice_id;

-- Lines of final invoices that are not void, by what they are for.
create temp table roles as
with
scheduled_with_usage as (
    select id as contract_id from contracts_contracts where upper(scheduled_charges_on_usage_invoices) = 'ALL'
)
select
    line_item.id as line_id, invoices.invoice_id, invoices.customer_id, invoices.contract_id, line_item.product_id,
    line_item.commit_id as balance_id, balances.balance_type, invoices.issued_at,
    currency_of(line_item.credit_type_id, line_item.credit_type_name) as currency, invoices.currency as invoice_currency,
    money(line_item.total, line_item.credit_type_id) as amount,
    coalesce(line_item.starting_at, invoices.starting_at) as starting_at,
    coalesce(line_item.ending_before, invoices.ending_before) as ending_before,
    line_item.starting_at is not null as has_own_period,
    invoices.starting_at is not null as is_of_usage_invoice,
    case
        when line_item.commit_id is not null and line_item.total < 0 then 'application'
        when line_item.subscription_id is not null then 'subscription'
        when balances.product_id = line_item.product_id and balances.balance_type = 'prepaid' then 'purchase'
        when balances.product_id = line_item.product_id and balances.balance_type = 'postpaid' then 'trueup'
        when invoices.starting_at is null then 'scheduled'
        when line_item.product_id is null or line_item.commit_id is not null then 'usage'
        when line_item.product_id in (select product_id from contracts_scheduled_charges) then 'scheduled'
        when line_item.starting_at is null and invoices.contract_id in (select contract_id from scheduled_with_usage)
            then 'scheduled'
        else 'usage'
    end as role
from line_item
join invoices on line_item.invoice_id = invoices.invoice_id and invoices.status = 'FINALIZED'
left join balances on line_item.commit_id = balances.balance_id;

-- The time of fees that tell none: to the next date of their schedule, or of their invoices; the last to the contract's end.
create temp table fee_terms as
with
fees as (
    select invoice_id, contract_id, product_id, min(issued_at)::date as day, sum(amount) as amount
    from roles
    where role = 'scheduled' and not has_own_period
    group by invoice_id, contract_id, product_id
),
charged as (
    select
        contract_id, product_id, charge_id, item.date::date as day, sum(money(item.amount, credit_type_id)) as amount
    from (
        select
            id as charge_id, contract_id, product_id, credit_type_id,
            unnest(from_json(schedule -> 'schedule_items', '[{"date":"TIMESTAMP","amount":"VARCHAR"}]')) as item
        from contracts_scheduled_charges
    )
    group by all
),
dated as (
    select *, true as is_whole from charged
    union all
    select distinct contract_id, product_id, null, day, null::decimal(38, 18), false
    from fees
    anti join charged using (contract_id, product_id)
),
neighboured as (
    select *, lag(day) over charge as day_before, lead(day) over charge as day_after
    from dated
    window charge as (partition by contract_id, product_id, charge_id order by day)
),
stretched as (
    select
        neighboured.*,
        contracts_contracts.starting_at::date as first_day,
        contracts_contracts.ending_before::date as end_day,
        if(
            month_of(day_before) < month_of(day),
            (day + to_months(date_diff('month', day_before, day)::integer))::date, day + (day - day_before)::integer
        ) as repeated_day
    from neighboured
    left join contracts_contracts on contract_id = contracts_contracts.id
),
lasting as (
    select
        contract_id, product_id, charge_id, amount, day, day_before, day_after,
        if(day >= end_day, coalesce(day_before, first_day), greatest(day, first_day)) as first_day,
        case
            when day >= end_day then end_day
            when day_after is not null then day_after
            when is_whole then coalesce(end_day, repeated_day)
            else least(repeated_day, end_day)
        end as end_day
    from stretched
)
select fees.invoice_id, fees.product_id, lasting.first_day::timestamp as starting_at, lasting.end_day::timestamp as ending_before
from fees
join lasting using (contract_id, product_id)
where (lasting.day <= fees.day or lasting.day_before is null) and (fees.day < lasting.day_after or lasting.day_after is null)
qualify row_number() over (
    partition by fees.invoice_id, fees.product_id
    order by (lasting.amount = fees.amount) desc nulls last, lasting.charge_id
) = 1;

-- What is applied to a fee pays for the fee.
create temp table lines as
with
fees as (
    select invoice_id, product_id, min(role) as role
    from roles
    where role in ('subscription', 'scheduled')
    group by invoice_id, product_id
),
billed as (
    select roles.*, if(roles.role = 'application', coalesce(fees.role, 'usage'), roles.role) as billed_role
    from roles
    left join fees on roles.invoice_id = fees.invoice_id and roles.product_id = fees.product_id
),
timed as (
    select
        billed.* exclude (starting_at, ending_before),
        if(billed_role = 'scheduled' and not has_own_period, fee_terms.starting_at, billed.starting_at) as starting_at,
        if(billed_role = 'scheduled' and not has_own_period, fee_terms.ending_before, billed.ending_before) as ending_before,
        terms.ending_before as term_ending_before, billed_commits.settled_at
    from billed
    left join fee_terms using (invoice_id, product_id)
    left join terms using (balance_id)
    left join billed_commits on billed.balance_id = billed_commits.balance_id and billed.invoice_id = billed_commits.invoice_id
),
placed as (
    select
        *,
        role not in ('purchase', 'trueup') and starting_at < ending_before as has_period,
        coalesce(settled_at, if(term_ending_before <= issued_at, term_ending_before, null)) as settled
    from timed
)
select
    * exclude (starting_at, ending_before),
    if(has_period, starting_at, null) as starting_at,
    if(has_period, ending_before, null) as ending_before,
    if(role = 'trueup' and settled is not null, month_before(settled), month_of(issued_at)) as point_month
from placed;

-- What usage and fees come to by invoice, product and period, and who pays for it. A prepaid commit or a credit covers what is
-- applied of it, whatever lines name; a postpaid commit likewise, or, where no line says how far, the lines that name it.
create temp table netted as
select
    billed_role, product_id, invoice_id, currency, invoice_currency, starting_at, ending_before,
    any_value(customer_id) as customer_id, any_value(contract_id) as contract_id, min(issued_at) as issued_at,
    min(point_month) as point_month,
    coalesce(sum(amount) filter (role <> 'application'), 0) as gross,
    coalesce(if(
        bool_or(role = 'application' and balance_type = 'postpaid'),
        -sum(amount) filter (role = 'application' and balance_type = 'postpaid'),
        sum(amount) filter (role <> 'application' and balance_type = 'postpaid')
    ), 0) as postpaid,
    coalesce(sum(amount) filter (role = 'application' and balance_type <> 'postpaid'), 0) as applied,
    gross + applied - postpaid as open
from lines
where billed_role in ('usage', 'subscription', 'scheduled')
group by billed_role, product_id, invoice_id, currency, invoice_currency, starting_at, ending_before;

-- What a contract used each month, what of it nothing covers, and its invoices of usage without what they bill apart.
create temp table used as
with
apart as (
    select invoice_id, sum(amount) as amount
    from lines
    where currency = invoice_currency
        and billed_role in ('purchase', 'trueup', 'scheduled')
        and not (role = 'application' and balance_type = 'postpaid')
    group by invoice_id
),
metered as (
    select distinct invoice_id from lines where role in ('usage', 'subscription', 'application')
),
amounts as materialized (
    select
        customer_id, contract_id, currency, starting_at, ending_before, point_month,
        units(gross) as usage, units(open) as overage, 0::hugeint as invoiced
    from netted
    where billed_role = 'usage'
    union all
    select
        customer_id, contract_id, currency, if(starting_at < ending_before, starting_at, null), ending_before,
        month_of(starting_at), 0, 0, units(invoices.amount - coalesce(apart.amount, 0))
    from invoices
    left join apart using (invoice_id)
    where status = 'FINALIZED'
        and starting_at is not null
        and (invoice_id in (from metered) or invoice_id not in (select invoice_id from billed_commits))
),
split as (
    select *, unnest(months_of(starting_at, ending_before, point_month)) as month from amounts
)
select
    customer_id, contract_id, month, currency,
    amount_of(sum(part(usage, starting_at, ending_before, month))) as usage_amount,
    amount_of(sum(part(overage, starting_at, ending_before, month))) as overage_amount,
    amount_of(sum(part(invoiced, starting_at, ending_before, month))) as invoice_amount
from split
where contract_id is not null
group by customer_id, contract_id, month, currency;

-- What was paid for each commit, and what may be used for it. A rest that moved on has its part of what the one before is worth.
create temp table prices as
with recursive
by_hand as (
    select balance_id, sum(amount) as amount
    from entries
    where not is_void
        and (
            movement in ('manual', 'seat_adjustment', 'other')
            or (movement = 'credit_back' and (invoice_id is null or is_delivered))
        )
    group by balance_id
),
bills as (
    select balance_id, sum(money(item.amount, paid_type_id)) as billed
    from (select balance_id, paid_type_id, unnest(bills) as item from balances)
    group by balance_id
),
worth as (
    select
        balance_id, rolled_over_from_id, terms.granted, terms.granted + greatest(coalesce(by_hand.amount, 0), 0) as usable,
        coalesce(
            bills.billed,
            (terms.granted * cost_basis::decimal(4, 2))::decimal(38, 18),
            if(is_invoiced and paid_type_id is not null, 0, null)
        ) as told
    from balances
    join terms using (balance_id)
    left join by_hand using (balance_id)
    left join bills using (balance_id)
    where balance_type = 'prepaid'
),
priced as (
    select balance_id, granted, units(usable) as usable, units(told) as paid
    from worth
    where rolled_over_from_id is null
    union all
    select worth.balance_id, worth.granted, units(worth.usable), ratio(product(units(worth.granted), priced.paid), priced.usable)
    from worth
    join priced on worth.rolled_over_from_id = priced.balance_id
)
select balance_id, usable, paid from priced;

create temp table customers as
select id as customer_id, name as customer_name from customer;

-- Products were not delivered: they are called as most of their lines are.
create temp table products as
with
named as (
    select product_id, name from line_item where total >= 0
    union all
    select product_id, name from draft_line_item where total >= 0
)
select product_id, name as product_name
from named
where product_id is not null
group by product_id, name
qualify row_number() over (partition by product_id order by count(*) desc, name) = 1;

-- Revenue before it is put into months. Usage runs over a commit that could be used then.
create temp table earned as
with
commits as (
    select customer_id, contract_id, starting_at, ending_before
    from balances
    join segments using (balance_id)
    where balance_type in ('prepaid', 'postpaid')
)
select
    if(
        exists (
            from commits
            where commits.customer_id = netted.customer_id
                and (commits.contract_id is null or commits.contract_id = netted.contract_id)
                and commits.starting_at < coalesce(netted.ending_before, netted.issued_at)
                and (commits.ending_before is null or coalesce(netted.starting_at, netted.issued_at) < commits.ending_before)
        ),
        'overage', 'on_demand'
    ) as category,
    customer_id, contract_id, product_id, currency, starting_at, ending_before, point_month, units(open) as units,
    null as balance_id, null as balance_currency
from netted
where billed_role = 'usage' and currency = invoice_currency and open <> 0
union all
select
    'postpaid_drawdown', customer_id, contract_id, product_id, currency, starting_at, ending_before, point_month, units(postpaid), null, null
from netted
where billed_role = 'usage' and currency = invoice_currency and postpaid <> 0
union all
select
    billed_role, customer_id, contract_id, product_id, currency, starting_at, ending_before, point_month, units(open + postpaid), null, null
from netted
where billed_role <> 'usage' and currency = invoice_currency and open + postpaid <> 0
union all
select 'true_up', customer_id, contract_id, product_id, currency, null, null, point_month, units(amount), null, null
from lines
where role = 'trueup' and currency = invoice_currency
union all
select
    lines.balance_type || '_drawdown', lines.customer_id, lines.contract_id, lines.product_id, invoice_currency, starting_at,
    ending_before, point_month, units(-amount), balance_id, balances.currency
from lines
join balances using (balance_id)
where role = 'application'
    and (lines.balance_type = 'prepaid' or (lines.balance_type = 'credit' and lines.currency = invoice_currency))
union all
select
    'expiration', customer_id, contract_id, product_id, coalesce(paid_currency, currency), null, null, entries.month,
    units(-entries.amount), balance_id, currency
from entries
join balances using (balance_id, balance_type)
where balance_type = 'prepaid' and movement = 'expiry' and entries.amount <> 0;

copy (
    with
    split as (
        select *, unnest(months_of(starting_at, ending_before, point_month)) as month from earned
    ),
    parts as (
        select * exclude (units), part(units, starting_at, ending_before, month) as units from split
    ),
    -- Kept, or the product is worked out anew in each place of the quotient.
    paid as materialized (
        select parts.*, prices.usable, product(units, prices.paid) as worth from parts left join prices using (balance_id)
    ),
    valued as (
        select
            *,
            case
                when category = 'credit_drawdown' then 0
                when usable is null then units
                else ratio(worth, usable)
            end as recognized
        from paid
    ),
    summed as (
        select
            month, customer_id, contract_id, product_id, category, currency,
            if(bool_and(balance_currency is null or balance_currency = currency), amount_of(sum(units)), null) as list_amount,
            amount_of(sum(recognized)) as recognized_amount
        from valued
        group by month, customer_id, contract_id, product_id, category, currency
    )
    select
        month, strftime(month, 'FY%Y-P%m') as fiscal_period, customer_id, customer_name, contract_id, product_id, product_name,
        category, currency, plain(list_amount) as list_amount, plain(recognized_amount) as recognized_amount
    from summed
    left join customers using (customer_id)
    left join products using (product_id)
    order by month, customer_id, contract_id, product_id, category, currency
) to '{artifacts}/revenue_schedule.csv' (header true, delimiter ',');

copy (
    with
    moved as (
        select
            balance_id, month, sum(amount) as net,
            coalesce(-sum(amount) filter (movement = 'expiry'), 0) as expired,
            coalesce(-sum(amount) filter (movement = 'true_up'), 0) as trueup
        from entries
        where movement <> 'draft_drawdown' and not is_reversed
        group by balance_id, month
    ),
    bounds as (
        select balance_id, min(month) as first_month, max(month) as last_month from moved group by balance_id
    ),
    spans as (
        select
            balance_id, customer_id, contract_id, currency,
            month_of(starting_at) as first_term_month,
            month_before(ending_before) as last_term_month,
            greatest(month_before(as_of), last_month) as known_month,
            unnest(months_through(
                least(month_of(starting_at), first_month),
                greatest(coalesce(month_before(ending_before), month_of(as_of)), last_month)
            )) as month
        from balances
        join terms using (balance_id)
        left join bounds using (balance_id)
    ),
    whose as (
        select contract_id, null as customer_id, month, currency, usage_amount, overage_amount, invoice_amount
        from used
        union all
        select
            null, customer_id, month, currency, sum(usage_amount), sum(overage_amount), sum(invoice_amount)
        from used
        group by customer_id, month, currency
    ),
    balanced as (
        select
            spans.*, whose.usage_amount, whose.overage_amount, whose.invoice_amount, moved.expired, moved.trueup,
            coalesce(sum(moved.net) over (partition by balance_id order by month), 0)
            + coalesce(moved.expired, 0) + coalesce(moved.trueup, 0) as remaining
        from spans
        left join moved using (balance_id, month)
        left join whose
            on whose.contract_id is not distinct from spans.contract_id
            and whose.customer_id is not distinct from if(spans.contract_id is null, spans.customer_id, null)
            and whose.month = spans.month
            and whose.currency = spans.currency
            and spans.first_term_month <= spans.month
            and coalesce(spans.month <= spans.last_term_month, true)
    )
    select
        contract_id, balance_id as commit_id, month, currency,
        if(month <= known_month, plain(coalesce(usage_amount, 0)), null) as usage_amount,
        if(month <= known_month, plain(coalesce(overage_amount, 0)), null) as overage_amount,
        if(month <= known_month, plain(coalesce(invoice_amount, 0)), null) as invoice_amount,
        if(month <= known_month, plain(remaining), null) as remaining_balance_amount,
        if(month <= known_month, plain(coalesce(expired, 0)), null) as expired_amount,
        if(month <= known_month, plain(coalesce(trueup, 0)), null) as trueup_amount
    from balanced
    order by contract_id, commit_id, month
) to '{artifacts}/commit_schedule.csv' (header true, delimiter ',');

copy (
    with
    bounds as (
        select balance_id, min(month) as first_month, max(month) as last_month, sum(amount) as amount
        from entries
        group by balance_id
    ),
    months as (
        select
            balance_id,
            unnest(months_through(
                first_month, if(amount <> 0, greatest(last_month, month_before(as_of)), last_month)
            )) as month
        from balances
        join bounds using (balance_id)
    ),
    moved as (
        pivot (select balance_id, month, movement, amount from entries)
        on movement in (
            'grant', 'drawdown', 'draft_drawdown', 'void_drawdown', 'expiry', 'rollover_out', 'manual', 'seat_adjustment',
            'credit_back', 'true_up', 'other'
        )
        using sum(amount)
        group by balance_id, month
    ),
    net as (
        select balance_id, month, sum(amount) as amount from entries group by balance_id, month
    ),
    rolled as (
        select
            months.*, moved.* exclude (balance_id, month), coalesce(net.amount, 0) as net,
            coalesce(sum(net.amount) over (partition by balance_id order by month), 0) as closing
        from months
        left join moved using (balance_id, month)
        left join net using (balance_id, month)
    )
    select
        customer_id, customer_name, contract_id, balance_id, balance_type, balance_name, month, currency,
        plain(closing - net) as opening_amount,
        plain(coalesce("grant", 0)) as grant_amount,
        plain(coalesce(drawdown, 0)) as drawdown_amount,
        plain(coalesce(draft_drawdown, 0)) as draft_drawdown_amount,
        plain(coalesce(void_drawdown, 0)) as void_drawdown_amount,
        plain(coalesce(expiry, 0)) as expiry_amount,
        plain(coalesce(rollover_out, 0)) as rollover_amount,
        plain(coalesce("manual", 0)) as manual_amount,
        plain(coalesce(seat_adjustment, 0)) as seat_adjustment_amount,
        plain(coalesce(credit_back, 0)) as credit_back_amount,
        plain(coalesce(true_up, 0)) as true_up_amount,
        plain(coalesce(other, 0)) as other_amount,
        plain(closing) as closing_amount
    from rolled
    join balances using (balance_id)
    left join customers using (customer_id)
    order by balance_id, month, currency
) to '{artifacts}/balance_rollforward.csv' (header true, delimiter ',');
