//! What the account sells: billable metrics, products that group them, and plans that price them. Data, no behaviour.

use crate::decimal::Price;
use std::ops::Range;

/// What an invoice is stated in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Currency {
    /// Euro, stated in whole units.
    Eur,
    /// US dollars, stated in cents.
    Usd,
    /// A pricing unit of the account's own, which is no money.
    Compute,
}

impl Currency {
    /// The name of the credit type, which is what says whether amounts are in cents.
    pub fn credit_type_name(self) -> &'static str {
        match self {
            Self::Eur => "EUR",
            Self::Usd => "USD (cents)",
            Self::Compute => "Compute units",
        }
    }

    /// ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Eur => "EUR",
            Self::Usd => "USD",
            Self::Compute => "Compute units",
        }
    }

    /// How many digits an amount shifts when it becomes currency units: 2 for cents.
    pub fn shift(self) -> u32 {
        match self {
            Self::Eur | Self::Compute => 0,
            Self::Usd => 2,
        }
    }
}

/// Machine types of `usage_events`; each has a metric and a price of its own.
pub const INSTANCES: &[&str] = &[
    "c5.xlarge",
    "c5.2xlarge",
    "c5.4xlarge",
    "c5.12xlarge",
    "m5.xlarge",
    "m5.2xlarge",
    "m5.4xlarge",
    "m5.12xlarge",
    "r5.xlarge",
    "r5.2xlarge",
    "r5.4xlarge",
    "r5.12xlarge",
];
/// Storage regions of `usage_events`.
pub const REGIONS: &[&str] = &["us-east-1", "us-west-2", "eu-central-1", "ap-south-1"];
/// Models of `language_modeler` and `fine_tuning`.
pub const MODELS: &[&str] = &["atlas-1", "atlas-2", "borealis-1", "borealis-2"];
/// Image sizes that have a metric. The last one is asked for by nobody while images are counted.
pub const SIZES: &[&str] = &["256x256", "512x512", "1024x1024", "2048x2048"];
/// An image size that events name and no metric bills.
pub const UNBILLED_SIZE: &str = "768x768";
/// Clouds of `infra-usage`, billed by contract.
pub const CLOUDS: &[&str] = &["aws", "gcp"];

/// Metrics of CPU hours, in the order of [`INSTANCES`].
pub const CPU: Range<usize> = 0..12;
/// Metrics of storage, in the order of [`REGIONS`].
pub const STORAGE: Range<usize> = 12..16;
/// Metrics of generated words, in the order of [`MODELS`].
pub const LANGUAGE: Range<usize> = 16..20;
/// Metrics of words trained on, in the order of [`MODELS`].
pub const TUNING: Range<usize> = 20..24;
/// Metrics of images, in the order of [`SIZES`].
pub const IMAGES: Range<usize> = 24..28;
/// Metrics of vCPU hours, in the order of [`CLOUDS`].
pub const VCPU: Range<usize> = 28..30;
/// The one metric of identity checks.
pub const CHECKS: Range<usize> = 30..31;
/// How many metrics there are.
pub const METRICS: usize = 31;

/// List price of each metric, millionths of a cent (of a euro for the identity checks). Multiples of 100, so that a plan's
/// percentage of one is exact.
const LIST_PRICES: [i128; METRICS] = [
    900_000, 1_850_000, 3_400_000, 9_700_000, 6_200_000, 1_300_000, 2_650_000, 18_400_000, 2_050_000, 14_500_000,
    11_300_000, 1_450_000, 82_500, 97_500, 112_500, 142_500, 160_000, 270_000, 880_000, 2_150_000, 120_000, 240_000,
    910_000, 1_900_000, 14_000_000, 27_000_000, 46_000_000, 95_000_000, 4_200_000, 3_900_000, 350_000,
];

/// What the account counts.
#[derive(Debug, Clone)]
pub struct Metric {
    /// Display name, such as `Images (256x256)`.
    pub name: String,
    /// `SUM` of a property or `COUNT` of events, in lower case as the export has it.
    pub aggregate: &'static str,
    /// The property that is summed; none for a count.
    pub key: Option<&'static str>,
    /// The property that usage may be shown by.
    pub group: Option<&'static str>,
}

/// Every metric, by number.
pub fn metrics() -> Vec<Metric> {
    let sum = |label: &str, of: &str, key, group| Metric {
        name: format!("{label} ({of})"),
        aggregate: "sum",
        key: Some(key),
        group,
    };
    let mut metrics = Vec::with_capacity(METRICS);
    metrics.extend(INSTANCES.iter().map(|of| sum("CPU hours", of, "cpu_hours", Some("clusterid"))));
    metrics.extend(REGIONS.iter().map(|of| sum("Storage GB-Hours", of, "storage_gb-hours", Some("clusterid"))));
    metrics.extend(MODELS.iter().map(|of| sum("Language Model", of, "words", None)));
    metrics.extend(MODELS.iter().map(|of| sum("Fine Tuning", of, "words", None)));
    metrics.extend(SIZES.iter().map(|of| sum("Images", of, "num_images", None)));
    metrics.extend(CLOUDS.iter().map(|of| sum("vCPU hours", of, "quantity", Some("cluster_id"))));
    metrics.push(Metric { name: "Identity checks".into(), aggregate: "count", key: None, group: None });
    metrics
}

/// What a line of an invoice is about.
#[derive(Debug, Clone)]
pub struct Product {
    /// Display name.
    pub name: &'static str,
    /// The metrics that its sub lines show.
    pub metrics: Range<usize>,
}

/// The products of the plans.
pub const PRODUCTS: &[Product] = &[
    Product { name: "CPU Hours", metrics: CPU },
    Product { name: "Storage", metrics: STORAGE },
    Product { name: "Images modeled", metrics: IMAGES },
    Product { name: "Language models", metrics: LANGUAGE },
    Product { name: "Fine tuning", metrics: TUNING },
    Product { name: "Identity checks", metrics: CHECKS },
];

/// A legacy plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Display name.
    pub name: &'static str,
    /// Places in [`PRODUCTS`] and the currency they are charged in. Invoices are in the currency of the first.
    pub products: &'static [(usize, Currency)],
    /// Its prices as a percentage of the list.
    pub percent: i128,
}

/// Pay as you go, for machines.
pub const INFRASTRUCTURE: usize = 0;
/// For models.
pub const STUDIO: usize = 1;
/// In euro.
pub const IDENTITY: usize = 2;
/// Everything, cheaper.
pub const PLATFORM: usize = 3;

/// The plans. Nobody is on the last one: a report by plan has to show it nevertheless, once for each of its currencies.
pub const PLANS: &[Plan] = &[
    Plan { name: "Infrastructure Metered", products: &[(0, Currency::Usd), (1, Currency::Usd)], percent: 100 },
    Plan {
        name: "Model Studio",
        products: &[(2, Currency::Usd), (3, Currency::Usd), (4, Currency::Usd)],
        percent: 100,
    },
    Plan { name: "Identity Europe", products: &[(5, Currency::Eur)], percent: 100 },
    Plan {
        name: "Full Platform",
        products: &[(0, Currency::Usd), (1, Currency::Usd), (2, Currency::Usd), (3, Currency::Usd), (4, Currency::Usd)],
        percent: 85,
    },
    Plan { name: "Enterprise 2025", products: &[(0, Currency::Usd), (5, Currency::Eur)], percent: 60 },
];

impl Plan {
    /// The currency of its invoices.
    pub fn currency(&self) -> Currency {
        self.products.first().map_or(Currency::Usd, |(_, currency)| *currency)
    }

    /// What it charges for one unit of a metric.
    pub fn price(&self, metric: usize) -> Price {
        Price(LIST_PRICES[metric] * self.percent / 100)
    }
}

/// What the contract's rate card charges for one unit of a metric.
pub fn contract_price(metric: usize) -> Price {
    Price(LIST_PRICES[metric])
}

/// What the rate card of a currency charges for one unit of a metric: in cents, in euros, in compute units.
pub fn card_price(card: Currency, metric: usize) -> Price {
    match card {
        Currency::Usd => contract_price(metric),
        Currency::Eur => Price(LIST_PRICES[metric] / 100),
        Currency::Compute => Price(LIST_PRICES[metric] / 10),
    }
}

/// What one compute unit is worth in cents, in hundredths: 1.25.
pub const CENTS_PER_COMPUTE_UNIT: i128 = 125;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_place_and_every_plan_price_is_exact() {
        let metrics = metrics();
        assert_eq!(metrics.len(), METRICS);
        assert_eq!(metrics[CPU.start + 4].name, "CPU hours (m5.xlarge)");
        assert_eq!(metrics[IMAGES.start].name, "Images (256x256)");
        assert!(PLANS.iter().all(|plan| LIST_PRICES.iter().all(|price| price * plan.percent % 100 == 0)));
    }
}
