//! Invoices of every status. Listed newest first: a run reads back as far as they can still change.
//!
//! Listing says everything that getting one invoice would, its lines included, so no invoice is asked for by itself.

use super::column;
use crate::catalog::endpoint::{Endpoint, PER_CUSTOMER, Read, Value};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

const ENDPOINT: Endpoint = Endpoint {
    name: "invoices",
    path: "/v1/customers/{customer_id}/invoices",
    per: PER_CUSTOMER,
    parameters: &[("sort", Value::Text("date_desc"))],
    read: Read::NewestFirst { date: "issued_at" },
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "invoices",
    doc: "An invoice: a draft as it stood when it was last read, or one that was finalized or voided.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::WhileShown { column: "status", value: "DRAFT" },
    partition: Partition::Month("issued_at"),
    columns: COLUMNS,
};

/// Those of a day's breakdown of an invoice too.
pub(super) const COLUMNS: &[Column] = &[
    column::ID,
    Column::new("customer_id", Kind::Id, "Customer billed.").required(),
    Column::new("customer_custom_fields", Kind::Object, "Custom fields of that customer, name to value."),
    column::NETSUITE_SALES_ORDER_ID,
    column::SALESFORCE_OPPORTUNITY_ID,
    column::PAYMENT_TERMS,
    column::CREDIT_TYPE_ID.required(),
    column::CREDIT_TYPE_NAME.required(),
    Column::new("start_timestamp", Kind::Timestamp, "Start of the usage period, inclusive; scheduled invoices: none."),
    Column::new("end_timestamp", Kind::Timestamp, "End of the usage period, exclusive; scheduled invoices: none."),
    Column::new("issued_at", Kind::Timestamp, "When it was issued; of a draft, when it is planned to be."),
    Column::new("created_at", Kind::Timestamp, "When it was created; on corrections only."),
    Column::new("status", Kind::Text, "DRAFT, FINALIZED or VOID.").required(),
    Column::new("has_line_items", Kind::Boolean, "Whether its lines were listed; null or no list is no empty list.")
        .found(Found::IsList("line_items")),
    Column::new("subtotal", Kind::Decimal, "Before credits; on invoices of plans only.").unit(Unit::CreditType),
    Column::new("total", Kind::Decimal, "After credits; fractions of a cent occur.").unit(Unit::CreditType).required(),
    Column::new("type", Kind::Text, "USAGE, USAGE_CONSOLIDATED, SCHEDULED, or a type of the plans.").required(),
    Column::new("external_invoice_billing_provider_type", Kind::Text, "Billing provider it was sent to.")
        .at("external_invoice.billing_provider_type"),
    Column::new("external_invoice_invoice_id", Kind::Id, "Its id at the billing provider.")
        .at("external_invoice.invoice_id"),
    Column::new("external_invoice_issued_at_timestamp", Kind::Timestamp, "When the provider issued it.")
        .at("external_invoice.issued_at_timestamp"),
    Column::new("external_invoice_external_status", Kind::Text, "Its status there; goes on changing once finalized.")
        .at("external_invoice.external_status"),
    Column::new("external_invoice_pdf_url", Kind::Text, "Where the provider keeps its PDF.")
        .at("external_invoice.pdf_url"),
    Column::new("external_invoice_tax_total_tax_amount", Kind::Decimal, "Tax by the provider; unit not documented.")
        .at("external_invoice.tax.total_tax_amount"),
    Column::new(
        "external_invoice_tax_total_taxable_amount",
        Kind::Decimal,
        "What the provider taxed; unit not documented.",
    )
    .at("external_invoice.tax.total_taxable_amount"),
    Column::new("external_invoice_tax_transaction_id", Kind::Id, "Transaction of the tax calculation.")
        .at("external_invoice.tax.transaction_id"),
    Column::new("external_invoice_invoiced_total", Kind::Decimal, "Total by the provider; unit not documented.")
        .at("external_invoice.invoiced_total"),
    Column::new("external_invoice_invoiced_sub_total", Kind::Decimal, "Subtotal by the provider; unit not documented.")
        .at("external_invoice.invoiced_sub_total"),
    Column::new("external_invoice_billing_provider_error", Kind::Text, "Why the provider refused it.")
        .at("external_invoice.billing_provider_error"),
    Column::new("external_invoice_external_payment_id", Kind::Id, "Its payment at the provider.")
        .at("external_invoice.external_payment_id"),
    Column::new("revenue_system_invoices", Kind::Json, "Its copies in revenue systems and their status, an array."),
    Column::new("contract_id", Kind::Id, "Contract billed under; null under plans."),
    Column::new("contract_custom_fields", Kind::Object, "Custom fields of that contract, name to value."),
    Column::new("amendment_id", Kind::Id, "Amendment of that contract it comes from."),
    Column::new("plan_id", Kind::Id, "Plan of the older pricing model; null under contracts."),
    Column::new("plan_name", Kind::Text, "Name of that plan."),
    Column::new("plan_custom_fields", Kind::Object, "Custom fields of that plan, name to value."),
    Column::new("correction_record_reason", Kind::Text, "Why it corrects another; on corrections only.")
        .at("correction_record.reason"),
    Column::new("correction_record_memo", Kind::Text, "What was noted about it.").at("correction_record.memo"),
    Column::new("correction_record_corrected_invoice_id", Kind::Id, "Invoice it corrects.")
        .at("correction_record.corrected_invoice_id"),
    Column::new(
        "correction_record_corrected_external_invoice",
        Kind::Json,
        "State of that invoice at the billing provider, as external_invoice here.",
    )
    .at("correction_record.corrected_external_invoice"),
    Column::new("reseller_royalty_reseller_type", Kind::Text, "AWS, AWS_PRO_SERVICE, GCP or GCP_PRO_SERVICE.")
        .at("reseller_royalty.reseller_type"),
    Column::new("reseller_royalty_netsuite_reseller_id", Kind::Id, "The reseller at NetSuite.")
        .at("reseller_royalty.netsuite_reseller_id"),
    Column::new("reseller_royalty_fraction", Kind::Decimal, "Share that the reseller keeps.")
        .at("reseller_royalty.fraction")
        .unit(Unit::Fraction),
    Column::new("reseller_royalty_aws_account_number", Kind::Text, "Account at AWS.")
        .at("reseller_royalty.aws_options.aws_account_number"),
    Column::new("reseller_royalty_aws_payer_reference_id", Kind::Id, "Payer at AWS.")
        .at("reseller_royalty.aws_options.aws_payer_reference_id"),
    Column::new("reseller_royalty_aws_offer_id", Kind::Id, "Offer at AWS.")
        .at("reseller_royalty.aws_options.aws_offer_id"),
    Column::new("reseller_royalty_gcp_account_id", Kind::Id, "Account at Google Cloud.")
        .at("reseller_royalty.gcp_options.gcp_account_id"),
    Column::new("reseller_royalty_gcp_offer_id", Kind::Id, "Offer at Google Cloud.")
        .at("reseller_royalty.gcp_options.gcp_offer_id"),
    Column::new("custom_fields", Kind::Object, "Custom fields of the invoice, an object; some accounts only."),
    Column::new("billable_status", Kind::Text, "billable or unbillable, where the account shows it."),
    Column::new("payer_contract_id", Kind::Id, "Contract that pays, where customers form a hierarchy.")
        .at("payer.contract_id"),
    Column::new("payer_customer_id", Kind::Id, "Customer that pays, where customers form a hierarchy.")
        .at("payer.customer_id"),
    Column::new("regenerated_from_invoice_id", Kind::Id, "Voided invoice that this one replaces."),
];
