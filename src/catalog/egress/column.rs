//! Columns that several tables have, so that what they mean stands once.

use crate::catalog::{Column, Kind, Unit};

// Rows, environments and snapshots.
pub(super) const METADATA_ID: Column =
    Column::new("_metronome_metadata_id", Kind::Id, "The export's own row id, without meaning outside it.");
pub(super) const ENVIRONMENT_TYPE: Column =
    Column::new("environment_type", Kind::Id, "SANDBOX or PRODUCTION; both arrive mixed.");
pub(super) const SNAPSHOT_ID: Column =
    Column::new("snapshot_id", Kind::Id, "Snapshot the row belongs to; never add rows of two snapshots.");
pub(super) const SNAPSHOT_TIME: Column =
    Column::new("snapshot_time", Kind::Timestamp, "Start of the UTC day the snapshot shows; never add two of them.");
pub(super) const METADATA: Column =
    Column::new("metadata", Kind::Object, "Custom fields and other details, as an object.");
pub(super) const CUSTOM_FIELDS: Column =
    Column::new("custom_fields", Kind::Object, "Custom fields of the object, name to value.");

// When a row was made or changed.
pub(super) const CREATED_AT: Column = Column::new("created_at", Kind::Timestamp, "When the object was created.");
pub(super) const CREATED_BY: Column = Column::new("created_by", Kind::Text, "Who created it.");
pub(super) const UPDATED_AT: Column =
    Column::new("updated_at", Kind::Timestamp, "When the row last changed; the newest version of a key is current.");
pub(super) const EXPORTED_AT: Column =
    Column::new("updated_at", Kind::Timestamp, "When the row was exported, not when it changed; it moves daily.");
pub(super) const ARCHIVED_AT: Column =
    Column::new("archived_at", Kind::Timestamp, "When it was archived; null while in use.");
pub(super) const DEPRECATED_AT: Column =
    Column::new("deprecated_at", Kind::Timestamp, "When it was retired; null while in use.");

// The parties and what they agreed.
pub(super) const CUSTOMER_ID: Column = Column::new("customer_id", Kind::Id, "Customer it belongs to.");
pub(super) const CONTRACT_ID: Column = Column::new("contract_id", Kind::Id, "Contract it belongs to.");
pub(super) const AMENDMENT_ID: Column =
    Column::new("amendment_id", Kind::Id, "Amendment that brought it in; null when part of the original contract.");
pub(super) const RATE_CARD_ID: Column = Column::new("rate_card_id", Kind::Id, "Rate card with the list prices.");
pub(super) const PLAN_ID: Column =
    Column::new("plan_id", Kind::Id, "Plan of the older pricing model; null under contracts.");
pub(super) const PLAN_NAME: Column = Column::new("plan_name", Kind::Text, "Name of that plan; null under contracts.");
pub(super) const STARTING_AT: Column = Column::new("starting_at", Kind::Timestamp, "When it takes effect, inclusive.");
pub(super) const ENDING_BEFORE: Column =
    Column::new("ending_before", Kind::Timestamp, "When it stops, exclusive; null while open-ended.");
pub(super) const PAYMENT_TERMS: Column =
    Column::new("net_payment_terms_days", Kind::Integer, "Days from issue until payment is due.").unit(Unit::Days);
pub(super) const STATEMENT_FREQUENCY: Column =
    Column::new("usage_statement_schedule_frequency", Kind::Text, "How often usage is invoiced, e.g. monthly.");
pub(super) const CHARGES_ON_USAGE: Column = Column::new(
    "scheduled_charges_on_usage_invoices",
    Kind::Text,
    "ALL puts scheduled charges on usage invoices; null leaves them apart.",
);
pub(super) const MULTIPLIER_PRIORITY: Column = Column::new(
    "multiplier_override_prioritization",
    Kind::Text,
    "Which multiplier wins: the lowest (default) or by explicit priority.",
);

// What amounts are counted in.
pub(super) const CREDIT_TYPE_ID: Column =
    Column::new("credit_type_id", Kind::Id, "Credit type the amounts are counted in.");
pub(super) const CREDIT_TYPE_NAME: Column =
    Column::new("credit_type_name", Kind::Text, "Its name; amounts are cents where it says USD (cents).");

// Products and metrics.
pub(super) const BILLABLE_METRIC_ID: Column =
    Column::new("billable_metric_id", Kind::Id, "Metric that measures the usage; null when it is not usage.");
pub(super) const BILLABLE_METRIC_NAME: Column = Column::new("billable_metric_name", Kind::Text, "Name of that metric.");
pub(super) const PRICING_GROUP_VALUES: Column =
    Column::new("pricing_group_values", Kind::Object, "Event property values that chose the price.");
pub(super) const PRESENTATION_GROUP_VALUES: Column = Column::new(
    "presentation_group_values",
    Kind::Object,
    "Event property values lines are split by for display only.",
);

// Lines.
pub(super) const LINE_NAME: Column = Column::new("name", Kind::Text, "Text shown on the invoice line.");
pub(super) const QUANTITY: Column =
    Column::new("quantity", Kind::Decimal, "Units billed; 1 for invoice adjustments.").unit(Unit::Quantity);
pub(super) const LINE_TOTAL: Column = Column::new(
    "total",
    Kind::Decimal,
    "Amount in the credit type of the line; negative where a commit or credit pays.",
)
.unit(Unit::CreditType);
pub(super) const UNIT_PRICE: Column =
    Column::new("unit_price", Kind::Decimal, "Price of one unit, in the credit type of the line.")
        .unit(Unit::CreditType);
pub(super) const LINE_COMMIT_ID: Column =
    Column::new("commit_id", Kind::Id, "Commit or credit the line concerns; despite the name either.");
pub(super) const LINE_PRODUCT_ID: Column =
    Column::new("product_id", Kind::Id, "Product billed; null for invoice adjustments.");
pub(super) const CREDIT_GRANT_ID: Column =
    Column::new("credit_grant_id", Kind::Id, "Credit grant of the older pricing model; null under contracts.");
pub(super) const GROUP_KEY: Column = Column::new("group_key", Kind::Text, "Event property the line is grouped by.");
pub(super) const GROUP_VALUE: Column = Column::new("group_value", Kind::Text, "Value of that property.");
pub(super) const SUBSCRIPTION_ID: Column =
    Column::new("subscription_id", Kind::Id, "Subscription billed; null for anything else.");
pub(super) const IS_PRORATED: Column =
    Column::new("is_prorated", Kind::Boolean, "Whether the line covers only part of its period.");
pub(super) const LINE_STARTING_AT: Column =
    Column::new("starting_at", Kind::Timestamp, "Start of the line's service period, inclusive.");
pub(super) const LINE_ENDING_BEFORE: Column =
    Column::new("ending_before", Kind::Timestamp, "End of the line's service period, exclusive.");

// Commits and credits.
pub(super) const DESCRIPTION: Column = Column::new("description", Kind::Text, "Free text description.");
pub(super) const PRIORITY: Column =
    Column::new("priority", Kind::Decimal, "Order of use among commits and credits: lower is drawn first.");
pub(super) const ROLLOVER_FRACTION: Column =
    Column::new("rollover_fraction", Kind::Decimal, "Share of what is left that rolls over on renewal.")
        .unit(Unit::Fraction);
pub(super) const RATE_TYPE: Column =
    Column::new("rate_type", Kind::Text, "Whether usage draws at list rates or at commit rates.");
pub(super) const APPLICABLE_PRODUCT_IDS: Column =
    Column::new("applicable_product_ids", Kind::Json, "Products it may pay for, as an array of ids.");
pub(super) const APPLICABLE_PRODUCT_TAGS: Column =
    Column::new("applicable_product_tags", Kind::Json, "Tags of products it may pay for, as an array.");
pub(super) const SPECIFIERS: Column =
    Column::new("specifiers", Kind::Json, "Usage it may pay for: products, tags and group values, as an array.");
pub(super) const ACCESS_SCHEDULE: Column =
    Column::new("access_schedule", Kind::Object, "When how much may be used, and in which credit type.");
pub(super) const INVOICE_SCHEDULE: Column =
    Column::new("invoice_schedule", Kind::Object, "When how much is invoiced for it; absent where nothing is.");
pub(super) const LEDGER: Column = Column::new(
    "ledger",
    Kind::Json,
    "Every movement, as an array: grants positive, deductions and expirations negative.",
);
pub(super) const ROLLED_FROM_COMMIT: Column =
    Column::new("rolled_over_from_commit_id", Kind::Id, "Commit whose remainder this one took over.");
pub(super) const ROLLED_FROM_CONTRACT: Column =
    Column::new("rolled_over_from_contract_id", Kind::Id, "Contract that commit was on.");
pub(super) const RECURRING_COMMIT_ID: Column =
    Column::new("recurring_commit_id", Kind::Id, "Recurring definition that created it; null when made singly.");
pub(super) const BALANCE: Column = Column::new(
    "balance",
    Kind::Decimal,
    "Left to use now, in the access schedule's credit type; other segments count 0.",
)
.unit(Unit::CreditType);
pub(super) const COST_BASIS: Column =
    Column::new("cost_basis", Kind::Decimal, "Ratio of paid to granted; newer exports only.").unit(Unit::Fraction);

// Threshold configurations.
pub(super) const THRESHOLD_CONTRACT_ID: Column =
    Column::new("id", Kind::Id, "The contract's id: one configuration per contract.");
pub(super) const ENABLED: Column = Column::new("enabled", Kind::Boolean, "Whether the threshold is acted on.");
pub(super) const COMMIT_NAME: Column = Column::new("commit_name", Kind::Text, "Name given to the commits it creates.");
pub(super) const COMMIT_DESCRIPTION: Column =
    Column::new("commit_description", Kind::Text, "Description given to the commits it creates.");
pub(super) const COMMIT_PRODUCT_ID: Column =
    Column::new("commit_product_id", Kind::Id, "Product those commits are invoiced under.");
pub(super) const PAYMENT_GATE_TYPE: Column =
    Column::new("payment_gate_type", Kind::Text, "Payment that must succeed first: STRIPE, EXTERNAL or NONE.");
pub(super) const TAX_TYPE: Column =
    Column::new("tax_type", Kind::Text, "Who computes tax: STRIPE, ANROK, PRECALCULATED or NONE.");
pub(super) const STRIPE_PAYMENT_TYPE: Column =
    Column::new("stripe_payment_type", Kind::Text, "How Stripe collects: PAYMENT_INTENT or INVOICE.");
