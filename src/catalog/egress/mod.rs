//! Metronome's data export: one file per table, columns in the vendor's order, and the columns they share.
//!
//! Keys are the vendor's only for `draft_invoice`; the others follow from its column descriptions.

pub(super) mod alert;
pub(super) mod billable_metric;
pub(super) mod breakdowns_draft_invoices;
pub(super) mod breakdowns_draft_line_items;
pub(super) mod breakdowns_invoices;
pub(super) mod breakdowns_line_items;
mod column;
pub(super) mod contract_hierarchy_configurations;
pub(super) mod contracts_amendments;
pub(super) mod contracts_balances;
pub(super) mod contracts_commits;
pub(super) mod contracts_contracts;
pub(super) mod contracts_edits;
pub(super) mod contracts_overrides;
pub(super) mod contracts_prepaid_balance_threshold_configurations;
pub(super) mod contracts_product_list_item_versions;
pub(super) mod contracts_rate_card_entries;
pub(super) mod contracts_rate_cards;
pub(super) mod contracts_recurring_commits_and_credits;
pub(super) mod contracts_scheduled_charges;
pub(super) mod contracts_spend_threshold_configurations;
pub(super) mod contracts_subscriptions;
pub(super) mod contracts_transitions;
pub(super) mod contracts_usage_filter_schedule;
pub(super) mod contracts_usage_filters;
pub(super) mod credit_grant;
pub(super) mod credit_grant_deduction;
pub(super) mod credit_type;
pub(super) mod customer;
pub(super) mod customer_alert_history;
pub(super) mod draft_invoice;
pub(super) mod draft_line_item;
pub(super) mod events;
pub(super) mod invoice;
pub(super) mod line_item;
pub(super) mod packages;
pub(super) mod payment;
pub(super) mod plan;
pub(super) mod plan_charge;
pub(super) mod product;
pub(super) mod sub_line_item;
