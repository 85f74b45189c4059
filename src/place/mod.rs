//! The places that data rests in: the only code that builds paths inside them and writes files.

pub mod artifacts;
pub mod journal;
pub mod lake;
pub mod landing;
pub mod parquet;
pub mod records;
