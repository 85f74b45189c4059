//! Columns that several tables have, so that what they mean stands once.

use crate::catalog::{Column, Found, Kind, Unit};

// The object and who it belongs to.
pub(super) const ID: Column = Column::new("id", Kind::Id, "The vendor's id.").required();
pub(super) const NAME: Column = Column::new("name", Kind::Text, "Its name.");
pub(super) const DESCRIPTION: Column = Column::new("description", Kind::Text, "Free text description.");
pub(super) const CUSTOM_FIELDS: Column =
    Column::new("custom_fields", Kind::Object, "Custom fields of the object, name to value.");
pub(super) const UNIQUENESS_KEY: Column =
    Column::new("uniqueness_key", Kind::Text, "What its maker gave so that it is not made twice.");
pub(super) const CUSTOMER_ID: Column =
    Column::new("customer_id", Kind::Id, "Customer it belongs to; an id of customers.").required();
pub(super) const ASKED_CUSTOMER_ID: Column =
    Column::new("customer_id", Kind::Id, "Customer it was asked for; the row does not say.")
        .found(Found::Asked("customer_id"))
        .required();
pub(super) const PARENT_CUSTOMER_ID: Column =
    Column::new("customer_id", Kind::Id, "Customer it belongs to.").found(Found::InParent("customer_id"));
pub(super) const PRODUCT_ID: Column =
    Column::new("product_id", Kind::Id, "Product it is invoiced under.").at("product.id");
pub(super) const PRODUCT_NAME: Column =
    Column::new("product_name", Kind::Text, "Name of that product.").at("product.name");

// When it was made and by whom, and from when to when it holds.
pub(super) const CREATED_AT: Column = Column::new("created_at", Kind::Timestamp, "When it was created.");
pub(super) const CREATED_BY: Column = Column::new("created_by", Kind::Text, "Who created it.");
pub(super) const ARCHIVED_AT: Column =
    Column::new("archived_at", Kind::Timestamp, "When it was archived; null while in use.");
pub(super) const STARTING_AT: Column = Column::new("starting_at", Kind::Timestamp, "When it takes effect, inclusive.");
pub(super) const ENDING_BEFORE: Column =
    Column::new("ending_before", Kind::Timestamp, "When it stops, exclusive; null while open-ended.");

// What amounts are counted in.
pub(super) const CREDIT_TYPE_ID: Column =
    Column::new("credit_type_id", Kind::Id, "Credit type the amounts are counted in.").at("credit_type.id");
pub(super) const CREDIT_TYPE_NAME: Column =
    Column::new("credit_type_name", Kind::Text, "Its name; amounts are cents where it says USD (cents).")
        .at("credit_type.name");
pub(super) const PARENT_CREDIT_TYPE_ID: Column =
    Column::new("credit_type_id", Kind::Id, "Credit type the amounts are counted in.")
        .found(Found::InParent("credit_type_id"));

// Terms that contracts and packages share.
pub(super) const PAYMENT_TERMS: Column =
    Column::new("net_payment_terms_days", Kind::Integer, "Days from issue until payment is due.").unit(Unit::Days);
pub(super) const RATE_CARD_ID: Column =
    Column::new("rate_card_id", Kind::Id, "Rate card with the list prices; null without one.");
pub(super) const CHARGES_ON_USAGE: Column = Column::new(
    "scheduled_charges_on_usage_invoices",
    Kind::Text,
    "ALL puts scheduled charges on usage invoices; null leaves them apart.",
);
pub(super) const MULTIPLIER_PRIORITY: Column = Column::new(
    "multiplier_override_prioritization",
    Kind::Text,
    "Which multiplier wins: LOWEST_MULTIPLIER, or by priority with EXPLICIT.",
);
pub(super) const SPEND_THRESHOLD: Column =
    Column::new("spend_threshold_configuration", Kind::Json, "Spend at which usage is invoiced early, an object.");
pub(super) const BALANCE_THRESHOLD: Column = Column::new(
    "prepaid_balance_threshold_configuration",
    Kind::Json,
    "Prepaid balance at which more is bought, an object.",
);
pub(super) const SPEND_TRACKERS: Column =
    Column::new("spend_trackers", Kind::Json, "Counters of spend, an array; shown to some accounts only.");

// Other systems. Some accounts only are shown them.
pub(super) const NETSUITE_SALES_ORDER_ID: Column =
    Column::new("netsuite_sales_order_id", Kind::Id, "Its sales order at NetSuite.");
pub(super) const SALESFORCE_OPPORTUNITY_ID: Column =
    Column::new("salesforce_opportunity_id", Kind::Id, "Its opportunity at Salesforce.");

// What groups usage.
pub(super) const PRICING_GROUP_VALUES: Column =
    Column::new("pricing_group_values", Kind::Object, "Event property values that chose the price.");

/// What an entry of a ledger of the older pricing model says.
pub(super) const LEGACY_ENTRY: &[Column] = &[
    Column::new("amount", Kind::Decimal, "How much; the vendor's examples show deductions as positive numbers.")
        .unit(Unit::CreditType)
        .required(),
    Column::new("reason", Kind::Text, "Why."),
    Column::new("running_balance", Kind::Decimal, "What is left after it.").unit(Unit::CreditType),
    Column::new("effective_at", Kind::Timestamp, "When it counts.").required(),
    Column::new("created_by", Kind::Text, "Who created it."),
    Column::new("credit_grant_id", Kind::Id, "Grant that is moved; an id of credit_grants."),
    Column::new("invoice_id", Kind::Id, "Invoice that caused it."),
];

/// The columns of `first`, then those of `second`. `N` is how many that makes: any other number does not compile.
pub(super) const fn joined<const N: usize>(first: &[Column], second: &[Column]) -> [Column; N] {
    assert!(first.len() + second.len() == N, "the columns are more or fewer");
    let mut all = [ID; N];
    let mut place = 0;
    while place < N {
        all[place] = if place < first.len() { first[place] } else { second[place - first.len()] };
        place += 1;
    }
    all
}
