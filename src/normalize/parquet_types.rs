//! The Arrow types that a Parquet file is read in: those that its writer noted down, but for the ones in which values would come
//! out as others, or not at all.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Schema, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::{LogicalType, Type};
use parquet::errors::Result;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::ChunkReader;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

/// What a file says of itself, with the types it is read in.
///
/// # Errors
/// When it is no Parquet file, or its schema cannot be read.
pub fn load(file: &impl ChunkReader) -> Result<ArrowReaderMetadata> {
    of(Arc::new(ParquetMetaDataReader::new().parse_and_finish(file)?))
}

/// What a file `said` of itself, with the types it is read in.
///
/// # Errors
/// When its schema cannot be read.
pub fn of(said: Arc<ParquetMetaData>) -> Result<ArrowReaderMetadata> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(has_wide_integers(&said));
    let noted = ArrowReaderMetadata::try_new(said.clone(), options)?;
    let mut leaves = noted.parquet_schema().columns().iter().map(|column| column.physical_type());
    let fields: Vec<_> = noted.schema().fields().iter().map(|field| plain_field(field, &mut leaves)).collect();
    if fields.iter().zip(noted.schema().fields()).all(|(plain, noted)| plain == noted) {
        return Ok(noted);
    }
    ArrowReaderMetadata::try_new(said, ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields))))
}

/// Whether the file may have integers of 128 bits, which Polars alone writes: Arrow here knows no such type, and breaks off where
/// it is noted.
fn has_wide_integers(said: &ParquetMetaData) -> bool {
    let is_wide = |column: &Arc<ColumnDescriptor>| {
        column.physical_type() == Type::FIXED_LEN_BYTE_ARRAY
            && column.type_length() == 16
            && column.logical_type_ref().is_none()
    };
    let file = said.file_metadata();
    file.created_by().is_some_and(|writer| writer.starts_with("Polars"))
        && file.schema_descr().columns().iter().any(is_wide)
}

fn plain_field(field: &FieldRef, leaves: &mut impl Iterator<Item = Type>) -> FieldRef {
    Arc::new(field.as_ref().clone().with_data_type(plain(field.data_type(), leaves)))
}

/// The type to read one in, given the physical types of its leaves and those behind them.
///
/// Instants of INT96, which Spark writes, are read in microseconds: in nanoseconds years before 1678 and after 2262 come out as
/// others. Dictionaries, pandas' categories, are read as the values they stand for: not all of them can be read as dictionaries.
fn plain(kind: &DataType, leaves: &mut impl Iterator<Item = Type>) -> DataType {
    match kind {
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|field| plain_field(field, leaves)).collect::<Vec<_>>().into())
        }
        DataType::List(field) => DataType::List(plain_field(field, leaves)),
        DataType::LargeList(field) => DataType::LargeList(plain_field(field, leaves)),
        DataType::ListView(field) => DataType::ListView(plain_field(field, leaves)),
        DataType::LargeListView(field) => DataType::LargeListView(plain_field(field, leaves)),
        DataType::FixedSizeList(field, size) => DataType::FixedSizeList(plain_field(field, leaves), *size),
        DataType::Map(field, is_sorted) => DataType::Map(plain_field(field, leaves), *is_sorted),
        leaf => match (leaf, leaves.next()) {
            (_, Some(Type::INT96)) => DataType::Timestamp(TimeUnit::Microsecond, None),
            (DataType::Dictionary(_, values), _) => values.as_ref().clone(),
            _ => leaf.clone(),
        },
    }
}

/// The columns that hold UUIDs as sixteen bytes.
pub fn uuid_columns(schema: &SchemaDescriptor) -> Vec<usize> {
    let fields = schema.root_schema().get_fields();
    let is_uuid = |place: &usize| {
        let info = fields[*place].get_basic_info();
        fields[*place].is_primitive() && matches!(info.logical_type_ref(), Some(LogicalType::Uuid))
    };
    (0..fields.len()).filter(is_uuid).collect()
}
