//! Answers against the published API description, where it lies beside the project: required fields, types, formats,
//! enums. Fields that the description lacks are counted by name, and must be ones that are known to be newer or older.

#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

mod support;

use serde_json::{Map, Value};
use simulator::account::{Account, Deal};
use simulator::api::field::moment;
use simulator::{Options, serve};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use support::{get, post};

/// Fields that the software development kits have and the description lacks, and one that nobody has.
const KNOWN: [&str; 11] = [
    "access_type",
    "anchor_date",
    "cost_basis",
    "cursor",
    "invoice_adjustments",
    "onboarding_stage",
    "plan_custom_fields",
    "plan_id",
    "plan_name",
    "sub_line_items",
    "subtotal",
];

struct Description {
    current: Value,
    plans: Value,
}

fn description() -> Option<Description> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/metronome/openapi");
    let folder = std::env::var_os("METRONOME_OPENAPI").map_or(beside, PathBuf::from);
    let read = |name: &str| {
        let text = std::fs::read(folder.join(name)).ok()?;
        Some(serde_json::from_slice(&text).unwrap())
    };
    Some(Description {
        current: read("metronome-openapi-2026-07-13.json")?,
        plans: read("metronome-openapi-plans-2026-07-13.json")?,
    })
}

#[derive(Default)]
struct Found {
    wrong: BTreeSet<String>,
    extra: BTreeSet<String>,
}

struct Check<'a> {
    root: &'a Value,
    found: Found,
}

impl Check<'_> {
    /// Whether a value fits a schema; what does not is noted with its path.
    fn fits(&mut self, schema: &Value, value: &Value, at: &str) -> bool {
        let before = self.found.wrong.len();
        self.check(schema, value, at, true);
        self.found.wrong.len() == before
    }

    /// The names that a schema and what it is combined of give to fields.
    fn names(&self, schema: &Value, names: &mut BTreeSet<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            return self.names(self.root.pointer(&name[1..]).unwrap(), names);
        }
        names.extend(schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned());
        for word in ["allOf", "oneOf", "anyOf"] {
            schema[word].as_array().into_iter().flatten().for_each(|part| self.names(part, names));
        }
    }

    fn check(&mut self, schema: &Value, value: &Value, at: &str, whole: bool) {
        if let Some(name) = schema["$ref"].as_str() {
            let schema = self.root.pointer(&name[1..]).unwrap().clone();
            return self.check(&schema, value, at, whole);
        }
        if value.is_null() {
            // Examples of the description itself have a null here that it does not allow.
            if schema["nullable"] != true && !at.ends_with("external_invoice") {
                self.found.wrong.insert(format!("{at}: null"));
            }
            return;
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.check(part, value, at, false);
        }
        for word in ["oneOf", "anyOf"] {
            let Some(parts) = schema[word].as_array() else { continue };
            let mut notes = Vec::new();
            let fitting = parts.iter().any(|part| {
                let mut inner = Check { root: self.root, found: Found::default() };
                let fits = inner.fits(part, value, at);
                if fits {
                    self.found.extra.extend(inner.found.extra);
                } else {
                    notes.extend(inner.found.wrong.into_iter().take(3));
                }
                fits
            });
            if !fitting {
                self.found.wrong.insert(format!("{at}: fits no part of {word}: {notes:?}"));
            }
        }
        let right = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("number") => value.is_number(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("boolean") => value.is_boolean(),
            _ => true,
        };
        if !right {
            self.found.wrong.insert(format!("{at}: not a {}", schema["type"]));
            return;
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            self.found.wrong.insert(format!("{at}: {value} is not one of the words"));
        }
        if let Some(text) = value.as_str() {
            let right = match schema["format"].as_str() {
                Some("uuid") => text.len() == 36 && text.split('-').count() == 5,
                Some("date-time") => moment(text).is_some(),
                _ => true,
            };
            if !right {
                self.found.wrong.insert(format!("{at}: {text} is no {}", schema["format"]));
            }
        }
        if let Some(values) = value.as_array() {
            for one in values {
                self.check(&schema["items"], one, &format!("{at}[]"), true);
            }
        }
        if let Some(fields) = value.as_object() {
            self.object(schema, fields, at, whole);
        }
    }

    fn object(&mut self, schema: &Value, fields: &Map<String, Value>, at: &str, whole: bool) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.found.wrong.insert(format!("{at}.{name}: missing"));
            }
        }
        let mut names = BTreeSet::new();
        self.names(schema, &mut names);
        for (name, value) in fields {
            let inner = format!("{at}.{name}");
            if let Some(part) = schema["properties"].get(name) {
                self.check(part, value, &inner, true);
            } else if schema["additionalProperties"].is_object() {
                self.check(&schema["additionalProperties"], value, &format!("{at}.*"), true);
            } else if whole && !names.is_empty() && !names.contains(name) {
                self.found.extra.insert(inner);
            }
        }
    }
}

#[test]
fn answers_fit_the_published_description() {
    let Some(description) = description() else {
        writeln!(std::io::stderr(), "skipped: no ../shared/metronome/openapi beside the project").unwrap();
        return;
    };
    let mut wrong = BTreeSet::new();
    let mut extra = BTreeSet::new();
    for account in [Account::sample(5), Account::live(5, 130, 3)] {
        let server = serve(Options::new(account, "test")).unwrap();
        let (base, account) = (server.base_url(), server.account());
        let mut see = |method: &str, template: &str, path: &str, body: &str| {
            let reply = if method == "GET" { get(base, path) } else { post(base, path, body) };
            assert_eq!(reply.status, 200, "{method} {path} {body}: {}", reply.text());
            let method = method.to_lowercase();
            let plain = template.strip_prefix("/v1").unwrap_or(template);
            let (root, schema) = match description.current["paths"][template].get(&method) {
                Some(operation) => (&description.current, operation),
                None => (&description.plans, &description.plans["paths"][plain][&method]),
            };
            let schema = &schema["responses"]["200"]["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{method} {template} is not described");
            let mut check = Check { root, found: Found::default() };
            check.check(schema, &reply.json(), template, true);
            wrong.extend(check.found.wrong);
            extra.extend(check.found.extra);
        };
        for path in [
            "/v1/customers",
            "/v1/billable-metrics",
            "/v1/credit-types/list",
            "/v1/auditLogs",
            "/v1/plans",
            "/v1/services",
        ] {
            see("GET", path, path, "");
        }
        see("GET", "/v1/customers", "/v1/customers?only_archived=true", "");
        see("GET", "/v1/billable-metrics", "/v1/billable-metrics?include_archived=true", "");
        for path in [
            "/v1/contract-pricing/rate-cards/list",
            "/v1/packages/list",
            "/v1/customFields/listKeys",
            "/v1/listConfiguredBillingProviders",
            "/v2/notifications/offset/list",
            "/v2/notifications/system/list",
            "/v1/credits/listGrants",
            "/v1/credits/listEntries",
        ] {
            see("POST", path, path, "{}");
        }
        let products = "/v1/contract-pricing/products/list";
        see("POST", products, products, "{\"archive_filter\":\"ALL\"}");
        let day = "\"window_size\":\"DAY\",\"starting_on\":\"2024-03-01T00:00:00Z\",\"ending_before\":\"2024-03-04T00:00:00Z\"";
        see("POST", "/v1/usage", "/v1/usage", &format!("{{{day}}}"));
        for card in [simulator::price_list::Currency::Usd, simulator::price_list::Currency::Compute] {
            let id = account.rate_card(card);
            let path = "/v1/contract-pricing/rate-cards/getRateSchedule";
            see("POST", path, path, &format!("{{\"rate_card_id\":\"{id}\",\"starting_at\":\"2023-01-01T00:00:00Z\"}}"));
            let path = "/v1/contract-pricing/rate-cards/getRates";
            see("POST", path, path, &format!("{{\"rate_card_id\":\"{id}\",\"at\":\"2024-03-01T00:00:00Z\"}}"));
            let path = "/v1/contract-pricing/rate-cards/get";
            see("POST", path, path, &format!("{{\"id\":\"{id}\"}}"));
        }
        let package = account.package();
        for path in ["/v1/packages/get", "/v1/packages/listContractsOnPackage"] {
            see("POST", path, path, &format!("{{\"package_id\":\"{package}\"}}"));
        }
        for plan in 0..5 {
            let id = account.id("plan", &[plan]);
            for rest in ["", "/charges", "/customers"] {
                see("GET", &format!("/v1/planDetails/{{plan_id}}{rest}"), &format!("/v1/planDetails/{id}{rest}"), "");
            }
        }
        for (place, customer) in account.customers.iter().enumerate() {
            let id = &customer.id;
            let of = |rest: &str| (format!("/v1/customers/{{customer_id}}{rest}"), format!("/v1/customers/{id}{rest}"));
            for rest in ["", "/invoices", "/plans", "/billable-metrics"] {
                let (template, path) = of(rest);
                see("GET", &template, &path, "");
            }
            let (template, path) = of("/invoices/breakdowns");
            let window = "?starting_on=2024-03-01T00:00:00Z&ending_before=2024-03-03T00:00:00Z";
            see("GET", &template, &(path + window), "");
            if matches!(customer.deal, Deal::Plan(_)) {
                let (template, path) = of("/costs");
                see("GET", &template, &(path + window), "");
            }
            let whole = format!(
                "{{\"customer_id\":\"{id}\",\"include_archived\":true,\"include_ledgers\":true,\"include_balance\":true"
            );
            for path in ["/v2/contracts/list", "/v1/contracts/list"] {
                see("POST", path, path, &format!("{whole}}}"));
            }
            for (what, flag) in [("Balances", "balances"), ("Commits", "commits"), ("Credits", "credits")] {
                let path = format!("/v1/contracts/customer{what}/list");
                see("POST", &path, &path, &format!("{whole},\"include_contract_{flag}\":true}}"));
            }
            let plain = format!("{{\"customer_id\":\"{id}\"}}");
            for path in [
                "/v1/contracts/customerBalances/getNetBalance",
                "/v1/customer-alerts/list",
                "/v1/getCustomerBillingProviderConfigurations",
            ] {
                see("POST", path, path, &plain);
            }
            for contract in account.books(place, account.now()).contracts {
                let named = format!("{{\"customer_id\":\"{id}\",\"contract_id\":\"{}\"", contract.id);
                for path in [
                    "/v2/contracts/get",
                    "/v1/contracts/get",
                    "/v2/contracts/getEditHistory",
                    "/v1/contracts/getContractRateSchedule",
                    "/v1/contracts/seatBalances/list",
                ] {
                    see("POST", path, path, &format!("{named}}}"));
                }
                if let Some(seats) = contract.seats {
                    let named = format!("{named},\"subscription_id\":\"{}\"}}", seats.id);
                    for path in
                        ["/v1/contracts/getSubscriptionQuantityHistory", "/v1/contracts/getSubscriptionSeatsHistory"]
                    {
                        see("POST", path, path, &named);
                    }
                }
            }
        }
    }
    // The check does see what is wrong: an invoice without an id, with a total that is a text, and with a strange date.
    let mut check = Check { root: &description.current, found: Found::default() };
    let schema = description.current.pointer("/components/schemas/Invoice").unwrap();
    let invoice = serde_json::json!({"total": "1", "issued_at": "soon", "new": 1});
    check.check(schema, &invoice, "invoice", true);
    assert!(check.found.wrong.len() >= 3 && check.found.extra.len() == 1, "{:?}", check.found.wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unknown: Vec<_> = extra.iter().filter(|path| !KNOWN.contains(&path.rsplit('.').next().unwrap())).collect();
    assert!(unknown.is_empty(), "not in the description: {unknown:#?}");
    writeln!(std::io::stderr(), "fields beyond the description: {extra:#?}").unwrap();
}
