//! TLS under the HTTP client, with a configuration of our own.
//!
//! The client's own connector cannot be told to trust a single certificate, and panics on a client key
//! that does not fit; this one takes a finished configuration. It uses the part of ureq's interface that
//! ureq keeps out of its version promise (`unversioned`).

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout,
    SocksConnector, TcpConnector, Transport, TransportAdapter, time,
};
use ureq::{Agent, Error, config::Config};

/// An agent for one request: plain connections, or TLS with this configuration where the scheme asks for it.
///
/// `deadline` bounds the handshake; the configuration's timeout should say the same.
pub(crate) fn agent(config: Config, tls: Option<Arc<ClientConfig>>, deadline: Instant) -> Agent {
    let connector =
        ().chain(SocksConnector::default())
            .chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(TlsConnector { tls, deadline });
    Agent::with_parts(config, connector, DefaultResolver::default())
}

/// Wraps a connection in TLS.
#[derive(Debug)]
struct TlsConnector {
    tls: Option<Arc<ClientConfig>>,
    deadline: Instant,
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let Some(transport) = chained else { return Err(Error::ConnectionFailed) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let tls = self.tls.clone().ok_or(Error::TlsRequired)?;
        let host = details.uri.host().ok_or(Error::HostNotFound)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(host.to_string()).map_err(|_| Error::Tls("invalid host name"))?;
        let mut connection = ClientConnection::new(tls, name)?;
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        // What is left of the request's time, for all messages of the handshake together.
        let left = self.deadline.saturating_duration_since(Instant::now());
        socket.set_timeout(NextTimeout { after: time::Duration::Exact(left), ..details.timeout });
        connection.complete_io(&mut socket)?;
        let buffers =
            LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(TlsTransport { buffers, stream: StreamOwned::new(connection, socket) })))
    }
}

/// A connection inside TLS.
struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.get_mut().set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        Ok(self.stream.write_all(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl std::fmt::Debug for TlsTransport {
    fn fmt(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        text.debug_struct("TlsTransport").finish_non_exhaustive()
    }
}
