//! `language_model URL PROMPT`: prints the answer while it arrives.

use std::io::{Write, stdout};

use parser_examples::language_model::{Failure, complete};
use reqwest::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(prompt)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: language_model URL PROMPT");
        std::process::exit(2);
    };
    complete(&Client::new(), &url, &prompt, |text| {
        print!("{text}");
        // A closed terminal is no reason to stop before the answer is complete.
        let _ = stdout().flush();
    })
    .await
}
