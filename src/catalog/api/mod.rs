//! The API: one file for each table, with the endpoint that lists its rows, and the columns they share.
//!
//! An endpoint and its table are one file; an array nested in its rows is a file of its own. Columns keep the vendor's
//! names; a field of an object in the row is named by both (`credit_type.id` is `credit_type_id`), or for short by
//! the one that tells (`access_schedule.access_type` is `access_type`).

mod column;

pub(super) mod alerts;
pub(super) mod audit_log;
pub(super) mod balance_access_schedule_items;
pub(super) mod balance_invoice_schedule_items;
pub(super) mod balance_ledger_entries;
pub(super) mod balances;
pub(super) mod billable_metrics;
pub(super) mod billing_configurations;
pub(super) mod constituent_invoices;
pub(super) mod contract_scheduled_charge_items;
pub(super) mod contract_scheduled_charges;
pub(super) mod contract_subscriptions;
pub(super) mod contracts;
pub(super) mod credit_grant_deductions;
pub(super) mod credit_grant_pending_deductions;
pub(super) mod credit_grants;
pub(super) mod credit_ledger_customers;
pub(super) mod credit_ledger_entries;
pub(super) mod credit_ledger_pending_entries;
pub(super) mod credit_ledgers;
pub(super) mod credit_types;
pub(super) mod custom_field_keys;
pub(super) mod customers;
pub(super) mod invoice_adjustments;
pub(super) mod invoice_breakdown_line_items;
pub(super) mod invoice_breakdowns;
pub(super) mod invoice_line_items;
pub(super) mod invoice_sub_line_item_tiers;
pub(super) mod invoice_sub_line_items;
pub(super) mod invoices;
pub(super) mod net_balances;
pub(super) mod packages;
pub(super) mod plan_charge_prices;
pub(super) mod plan_charges;
pub(super) mod plan_customers;
pub(super) mod plans;
pub(super) mod products;
pub(super) mod rate_card_conversions;
pub(super) mod rate_cards;
pub(super) mod rate_schedule_tiers;
pub(super) mod rate_schedules;
pub(super) mod responses;
pub(super) mod usage;

#[cfg(test)]
mod tests {
    use crate::catalog::endpoint::{Endpoint, Read};
    use crate::catalog::{Class, Column, Found, Kind, Origin, TABLES, Table, endpoints, table};

    fn answered() -> impl Iterator<Item = &'static Table> {
        TABLES.iter().copied().filter(|table| table.is_answered())
    }

    /// Calls `check` with each column of each table of the API, and how to name it.
    fn each_column(mut check: impl FnMut(&'static Table, &'static Column, &str)) {
        for table in answered() {
            table.columns.iter().for_each(|column| check(table, column, &format!("{}.{}", table.name, column.name)));
        }
    }

    fn parent(table: &Table) -> Option<&'static Table> {
        match table.origin {
            Origin::Nested { of, .. } => Some(of),
            _ => None,
        }
    }

    /// Where in a row of the table a column stands, if it stands there.
    fn path(column: &Column) -> Option<&'static str> {
        match column.found {
            Found::Named => Some(column.name),
            Found::At(path) => Some(path),
            _ => None,
        }
    }

    fn place_of(name: &str) -> usize {
        TABLES.iter().position(|table| table.is_answered() && table.name == name).unwrap_or_else(|| panic!("no {name}"))
    }

    fn asks(endpoint: &Endpoint, parameter: &str) -> bool {
        endpoint.per.iter().any(|per| per.parameter == parameter)
    }

    #[test]
    fn only_columns_of_the_api_say_where_they_are_found() {
        for table in TABLES.iter().filter(|table| !table.is_answered()) {
            let named = table.columns.iter().all(|column| column.found == Found::Named && !column.is_required);
            assert!(named, "{}", table.qualified_name());
        }
    }

    #[test]
    fn an_endpoint_is_named_as_its_table() {
        for table in answered() {
            if let Origin::Api(endpoint) = table.origin {
                assert_eq!(endpoint.name, table.name);
            }
        }
    }

    #[test]
    fn names_are_fit_for_files_and_for_sql_without_quotes() {
        let check = |name: &str| {
            let fits =
                |at: usize, byte: u8| byte.is_ascii_lowercase() || (at > 0 && (byte == b'_' || byte.is_ascii_digit()));
            assert!(!name.is_empty() && name.bytes().enumerate().all(|(at, byte)| fits(at, byte)), "{name:?}");
        };
        answered().for_each(|table| check(table.name));
        each_column(|_, column, _| check(column.name));
    }

    #[test]
    fn paths_name_what_is_asked_per_row_and_nothing_else() {
        for endpoint in endpoints() {
            let mut named = endpoint.path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
            assert!(named.all(|(parameter, _)| asks(endpoint, parameter)), "{}", endpoint.path);
            assert!(endpoint.path.starts_with("/v1/") || endpoint.path.starts_with("/v2/"), "{}", endpoint.path);
        }
    }

    #[test]
    fn no_parameter_is_given_twice() {
        for endpoint in endpoints() {
            for pass in endpoint.passes.iter().copied().chain([&[][..]]) {
                let constant = endpoint.parameters.iter().chain(pass).map(|(name, _)| *name);
                let mut names: Vec<_> = constant.chain(endpoint.per.iter().map(|per| per.parameter)).collect();
                if let Read::Days { from, until, .. } = endpoint.read {
                    names.extend([from, until]);
                }
                let given = names.len();
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), given, "{}: {names:?}", endpoint.name);
            }
        }
    }

    #[test]
    fn what_is_asked_per_row_is_in_the_rows_of_an_endpoint_read_before() {
        for endpoint in endpoints() {
            for per in endpoint.per {
                let of = table("api", per.endpoint).unwrap_or_else(|| panic!("{}: no {}", endpoint.name, per.endpoint));
                assert!(place_of(of.name) < place_of(endpoint.name), "{} is read before {}", endpoint.name, of.name);
                assert_eq!(per.endpoint, endpoint.per[0].endpoint, "{} is asked per row of two", endpoint.name);
                let Origin::Api(other) = of.origin else { panic!("{}: {} is nested", endpoint.name, of.name) };
                let is_there = match per.asked {
                    true => asks(other, per.field),
                    false => of.columns.iter().any(|column| path(column) == Some(per.field)),
                };
                assert!(is_there, "{}: {} has no {}", endpoint.name, of.name, per.field);
            }
        }
    }

    #[test]
    fn nested_tables_come_behind_the_table_that_they_are_nested_in() {
        for table in answered() {
            if let Some(of) = parent(table) {
                assert!(place_of(of.name) < place_of(table.name), "{}", table.name);
            }
        }
    }

    #[test]
    fn what_is_found_in_the_parent_is_a_column_there_of_the_same_type() {
        each_column(|table, column, name| {
            if let Found::InParent(wanted) = column.found {
                let of = parent(table).unwrap_or_else(|| panic!("{name}: the table is not nested"));
                let found = of.column(wanted).unwrap_or_else(|| panic!("{name}: no {wanted} in {}", of.name));
                assert_eq!((found.kind, found.unit), (column.kind, column.unit), "{name}");
            }
        });
    }

    #[test]
    fn what_was_asked_for_is_a_parameter_of_the_endpoint() {
        each_column(|table, column, name| {
            if let Found::Asked(parameter) = column.found {
                let endpoint = table.endpoint().unwrap_or_else(|| panic!("{name}: no endpoint"));
                assert!(asks(endpoint, parameter), "{name}: {} is not asked with it", endpoint.name);
            }
        });
    }

    #[test]
    fn entries_of_arrays_are_told_apart_by_their_place_and_by_their_parents_key() {
        for table in answered() {
            let ordinals: Vec<_> = table.columns.iter().filter(|column| column.found == Found::Ordinal).collect();
            let Some(of) = parent(table) else {
                assert!(ordinals.is_empty(), "{}: a page's rows have no place that lasts", table.name);
                continue;
            };
            assert_eq!(ordinals.len(), 1, "{}", table.name);
            assert_eq!(ordinals[0].kind, Kind::Integer, "{}", table.name);
            // A column of the lake, such as the fingerprint, is the listed row's and so the entry's too.
            let in_parent = |name: &str| match table.columns.iter().find(|column| column.name == name)?.found {
                Found::InParent(found) => Some(found),
                _ => None,
            };
            let inherited: Vec<_> = table
                .key
                .iter()
                .map(|name| if name.starts_with('_') { Some(*name) } else { in_parent(name) })
                .collect();
            let (last, first) = inherited.split_last().unwrap();
            assert_eq!(first, of.key.iter().copied().map(Some).collect::<Vec<_>>(), "{}", table.name);
            assert_eq!((*last, table.key.last()), (None, Some(&ordinals[0].name)), "{}", table.name);
        }
    }

    #[test]
    fn a_row_without_its_key_is_no_row() {
        for table in answered().filter(|table| parent(table).is_none()) {
            for name in table.key {
                let column = table.column(name).unwrap();
                assert!(column.is_required || name.starts_with('_'), "{}.{name}", table.name);
            }
        }
    }

    #[test]
    fn nothing_in_a_row_is_two_columns() {
        for table in answered() {
            let columns = table.columns.iter().filter_map(path);
            let arrays = TABLES.iter().filter_map(|other| match other.origin {
                Origin::Nested { of, rows } if of.name == table.name => Some(rows),
                _ => None,
            });
            let mut places: Vec<String> = columns.chain(arrays).map(|path| format!("{path}.")).collect();
            places.sort_unstable();
            for pair in places.windows(2) {
                assert!(!pair[1].starts_with(&pair[0]), "{}: {} and {}", table.name, pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn what_a_read_means_for_rows_it_does_not_show_follows_from_how_much_is_read() {
        for table in answered() {
            let endpoint = table.endpoint().unwrap_or_else(|| panic!("{} has no endpoint", table.name));
            let fits = match (endpoint.read, table.class) {
                (Read::Whole, Class::Whole) | (Read::Log, Class::Incremental) => true,
                (Read::Days { .. }, Class::Days { column }) => {
                    table.column(column).is_some_and(|column| column.kind == Kind::Timestamp)
                }
                (Read::NewestFirst { .. }, Class::WhileShown { column, value }) => {
                    table.column(column).is_some_and(|column| column.kind == Kind::Text) && value == "DRAFT"
                }
                _ => false,
            };
            assert!(fits, "{}: {:?} of {:?}", table.name, table.class, endpoint.read);
            if let (Read::NewestFirst { date }, None) = (endpoint.read, parent(table)) {
                let dated = table.columns.iter().any(|column| path(column) == Some(date));
                assert!(dated, "{}: no {date}", table.name);
            }
        }
    }

    #[test]
    fn rows_of_the_api_have_no_version_but_when_they_came() {
        answered().for_each(|table| assert_eq!(table.newest_by, ["_transferred_at"], "{}", table.name));
    }
}
