//! Profiles as schemas of one database, and statements about them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::vtab::Module;
use rusqlite::{Connection, ErrorCode};
use thiserror::Error;

use crate::source::Source;
use crate::tables;
use crate::virtual_table::ProfileTable;

/// The most profiles of a database: SQLite attaches no more schemas, unless it was built otherwise.
pub const MAX_SOURCES: usize = 10;

/// The most memory that statements may hold, in bytes.
const MAX_MEMORY: i64 = 2 << 30;

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 10_000;

/// Profiles as schemas of one database, which statements read and never change.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    schemas: Vec<String>,
    sources: Arc<Vec<Source>>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum Error {
    /// More profiles than [`MAX_SOURCES`].
    #[error("{0} profiles are too many for one statement, which takes up to {MAX_SOURCES}: merge some first")]
    TooManySources(usize),
    /// What SQLite says of the statement.
    #[error("{0}")]
    Statement(String),
    /// More than a statement.
    #[error("one statement at a time")]
    SeveralStatements,
    /// Nothing, or a comment.
    #[error("the statement is empty")]
    Empty,
    /// A statement that is no question.
    #[error("profiles are only read: the statement must be a select")]
    ReadOnly,
    /// The time limit.
    #[error("stopped after {:?}, the time limit of a statement", .0)]
    TimeLimit(Duration),
}

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A fraction.
    Real(f64),
    /// A text.
    Text(String),
}

impl Database {
    /// A schema for each of `sources`, called after its file; of equal names the later ones get a number. The tables of
    /// the first one need no schema before their names.
    ///
    /// # Errors
    /// When there are more than [`MAX_SOURCES`], or SQLite cannot hold them.
    pub fn new(sources: Vec<Source>) -> Result<Database, Error> {
        if sources.len() > MAX_SOURCES {
            return Err(Error::TooManySources(sources.len()));
        }
        let mut schemas: Vec<String> = Vec::new();
        for source in &sources {
            let stem = source.schema();
            let mut schema = stem.clone();
            let mut number = 2;
            while schemas.contains(&schema) {
                schema = format!("{stem}_{number}");
                number += 1;
            }
            schemas.push(schema);
        }
        let sources = Arc::new(sources);
        let mut connection = Connection::open_in_memory()?;
        let module: &'static Module<'static, ProfileTable> = const { &Module::read_only_module() };
        connection.create_module(c"profile", module, Some(Arc::clone(&sources)))?;
        for (row, schema) in schemas.iter().enumerate() {
            connection.execute(&format!("ATTACH ':memory:' AS \"{schema}\""), ())?;
            for table in tables::ALL {
                let name = table.name;
                connection
                    .execute(&format!("CREATE VIRTUAL TABLE \"{schema}\".{name} USING profile({row})"), ())?;
            }
            for (name, select) in tables::VIEWS {
                connection.execute(&format!("CREATE VIEW \"{schema}\".{name} AS {select}"), ())?;
            }
        }
        connection.pragma_update(None, "hard_heap_limit", MAX_MEMORY)?;
        connection.authorizer(Some(|context: rusqlite::hooks::AuthContext<'_>| match context.action {
            AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
            // There is nothing that a function could do beside answering.
            AuthAction::Function { function_name } if function_name != "load_extension" => {
                Authorization::Allow
            }
            _ => Authorization::Deny,
        }))?;
        Ok(Database { connection, schemas, sources })
    }

    /// The names of the schemas, in the order of the sources.
    pub fn schemas(&self) -> &[String] {
        &self.schemas
    }

    /// The tables and views of each schema, as statements that would make them.
    pub fn definitions(&self) -> Vec<String> {
        let mut definitions = Vec::new();
        for (schema, source) in self.schemas.iter().zip(self.sources.iter()) {
            for table in tables::ALL {
                let definition = table.definition(source.profile());
                definitions.push(definition.replacen("CREATE TABLE ", &format!("CREATE TABLE {schema}."), 1));
            }
            for (name, select) in tables::VIEWS {
                definitions.push(format!("CREATE VIEW {schema}.{name} AS {select}"));
            }
        }
        definitions
    }

    /// Prepares `statement`, which may take `limit` from now on.
    ///
    /// # Errors
    /// When it is no question, or SQLite does not understand it.
    pub fn query(&mut self, statement: &str, limit: Duration) -> Result<Answer<'_>, Error> {
        let deadline = Instant::now() + limit;
        self.connection.progress_handler(STEPS, Some(move || Instant::now() >= deadline))?;
        let statement = self.connection.prepare(statement)?;
        if !statement.readonly() {
            return Err(Error::ReadOnly);
        }
        let columns = statement.column_names().map(str::to_owned).collect();
        Ok(Answer { statement, columns, limit })
    }
}

/// A statement that is ready to be answered.
#[derive(Debug)]
pub struct Answer<'d> {
    statement: rusqlite::Statement<'d>,
    columns: Vec<String>,
    limit: Duration,
}

impl Answer<'_> {
    /// The names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows, which are computed as they are taken.
    ///
    /// # Errors
    /// When the first one cannot be computed.
    pub fn rows(&mut self) -> Result<Rows<'_>, Error> {
        Ok(Rows { width: self.columns.len(), limit: self.limit, rows: self.statement.query(())? })
    }
}

/// The rows of an answer.
#[expect(missing_debug_implementations, reason = "rows of SQLite have none")]
pub struct Rows<'a> {
    rows: rusqlite::Rows<'a>,
    width: usize,
    limit: Duration,
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<Value>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match self.rows.next() {
            Ok(row) => row?,
            Err(error) => return Some(Err(Error::of(error, self.limit))),
        };
        let value = |column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    Value::Text(String::from_utf8_lossy(bytes).into_owned())
                }
            })
        };
        Some((0..self.width).map(value).collect())
    }
}

impl Error {
    fn of(error: rusqlite::Error, limit: Duration) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Error::TimeLimit(limit),
            _ => error.into(),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::Error::{Empty, MultipleStatement, SqlInputError, SqliteFailure};
        match error {
            Empty => Error::Empty,
            MultipleStatement => Error::SeveralStatements,
            SqlInputError { error, .. } | SqliteFailure(error, _)
                if error.code == ErrorCode::AuthorizationForStatementDenied =>
            {
                Error::ReadOnly
            }
            SqlInputError { msg, .. } => Error::Statement(msg),
            SqliteFailure(_, Some(message)) => Error::Statement(message),
            other => Error::Statement(other.to_string()),
        }
    }
}
