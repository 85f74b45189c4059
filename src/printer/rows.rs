//! Query results in the formats of `etl sql`, batch by batch.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use comfy_table::{CellAlignment, Table, presets};

use super::{counted, csv, is_numeric, json_of_row, text_of};
use crate::error::Result;
use crate::settings::{FormulaCells, TableFormat};

/// Rows to a table: of more each page is one, with its own widths and header, so that no result is held in memory.
const PAGE_ROWS: usize = 10_000;

/// Writes rows as they come; a page of a table is held back until its widths are known.
pub struct RowPrinter<W: Write> {
    format: TableFormat,
    schema: SchemaRef,
    out: W,
    table: Option<Table>,
    rows: u64,
}

impl<W: Write> RowPrinter<W> {
    /// Begins the output.
    ///
    /// # Errors
    /// The writer's.
    pub fn begin(format: TableFormat, schema: SchemaRef, mut out: W) -> io::Result<Self> {
        let table = match format {
            TableFormat::Csv => csv::write_header(&schema, &mut out).map(|()| None)?,
            TableFormat::Json => None,
            TableFormat::Table | TableFormat::Markdown | TableFormat::Parquet => Some(page(format, &schema)),
        };
        Ok(Self { format, schema, out, table, rows: 0 })
    }

    /// Takes more rows. The outer error is of the values, the inner one of the writer.
    ///
    /// # Errors
    /// Failed for a type that has no text.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<io::Result<()>> {
        self.rows += batch.num_rows() as u64;
        match (&mut self.table, self.format) {
            (_, TableFormat::Csv) => csv::write_rows(batch, FormulaCells::Keep, &mut self.out),
            (Some(table), _) => {
                for row in 0..batch.num_rows() {
                    let cells = batch.columns().iter().map(|array| text_of(array, row)).collect::<Result<Vec<_>>>()?;
                    if table.row_count() == PAGE_ROWS {
                        let full = std::mem::replace(table, page(self.format, &self.schema));
                        if let Err(error) = writeln!(self.out, "{full}") {
                            return Ok(Err(error));
                        }
                    }
                    table.add_row(cells.into_iter().map(Option::unwrap_or_default));
                }
                Ok(Ok(()))
            }
            (None, _) => {
                for row in 0..batch.num_rows() {
                    let json = json_of_row(batch, row)?;
                    if let Err(error) = writeln!(self.out, "{json}") {
                        return Ok(Err(error));
                    }
                }
                Ok(Ok(()))
            }
        }
    }

    /// Ends the output.
    ///
    /// # Errors
    /// The writer's.
    pub fn finish(mut self) -> io::Result<W> {
        if let Some(table) = &self.table {
            writeln!(self.out, "{table}")?;
            if self.format == TableFormat::Table {
                let columns = self.schema.fields().len() as u64;
                writeln!(self.out, "{}, {}", counted(self.rows, "row"), counted(columns, "column"))?;
            }
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

/// An empty table with its header.
fn page(format: TableFormat, schema: &SchemaRef) -> Table {
    let mut table = Table::new();
    table.load_preset(if format == TableFormat::Markdown {
        presets::ASCII_MARKDOWN
    } else {
        presets::UTF8_BORDERS_ONLY
    });
    table.set_header(schema.fields().iter().map(|field| field.name()));
    for (place, field) in schema.fields().iter().enumerate() {
        if let Some(column) = table.column_mut(place)
            && is_numeric(field.data_type())
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
