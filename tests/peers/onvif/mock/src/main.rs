//! The mock device of the oxvif crate on a port of loopback, for tests: an ONVIF server that nobody of this project wrote.
//!
//! Prints its device service's URL, and ends with its standard input. Users and recordings are the crate's own.

use std::net::Ipv4Addr;

use oxvif::mock::MockServer;
use tokio::io::AsyncReadExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = MockServer::builder().enforce_auth(true);
    for argument in std::env::args().skip(1) {
        builder = match argument.strip_prefix("--ip=") {
            Some(ip) => builder.bind_ip(ip.parse::<Ipv4Addr>()?),
            None if argument == "--discoverable" => builder.discoverable(vec![
                "onvif://www.onvif.org/type/NetworkVideoTransmitter".to_owned(),
                "onvif://www.onvif.org/name/Mock%20camera".to_owned(),
                "onvif://www.onvif.org/hardware/OX-1".to_owned(),
            ]),
            None => return Err(format!("{argument:?} is neither --ip=ADDRESS nor --discoverable").into()),
        };
    }
    let server = builder.start().await?;
    println!("{}", server.device_url());
    let mut end = Vec::new();
    tokio::io::stdin().read_to_end(&mut end).await?;
    Ok(())
}
