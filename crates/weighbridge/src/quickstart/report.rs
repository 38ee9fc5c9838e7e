//! What a newcomer is shown.

use std::net::SocketAddr;

use serde_json::Value;

use crate::console::say;

use super::proof::Proved;

/// The first call, and how to make the next.
pub(crate) struct Report {
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
    pub(crate) asked: &'static str,
    pub(crate) said: String,
    pub(crate) receipt: Value,
    pub(super) proved: Proved,
}

impl Report {
    /// Prints it.
    pub(crate) fn print(&self, once: bool) {
        let Self { address, key, asked, said, receipt, proved } = self;
        let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        let millis = receipt["duration_us"].as_u64().unwrap_or_default() / 1000;
        let micros = receipt["duration_us"].as_u64().unwrap_or_default() % 1000;
        say(format_args!(
            "One call went through this gateway to a small engine on this machine.\n\n\
             asked     {asked}\n\n\
             answered  {}\n\n\
             duration  {millis}.{micros:03} ms\n\
             input     sha256 {}\n\
             output    sha256 {}\n\
             receipt   {} ({}, durable before the answer's end came)\n\
             proof     holds, offline: {}",
            said.trim().replace('\n', "\n          "),
            text(&receipt["input"]["sha256"]),
            text(&receipt["output"]["sha256"]),
            text(&receipt["id"]),
            text(&receipt["outcome"]),
            proved.words,
        ));
        self.print_how_to_check(once);
        if once {
            return;
        }
        // Nothing is indented: what is pasted into a shell or a Python prompt must begin its line.
        say(format_args!(
            "\nThe gateway listens on http://{address}; stop it with ctrl-c. Yours to paste, in a \
             shell:\n\n\
             curl http://{address}/v1/chat/completions \\\n     \
             -H 'authorization: Bearer {key}' \\\n     \
             -H 'content-type: application/json' \\\n     \
             -d '{{\"model\":\"summary\",\"messages\":[{{\"role\":\"user\",\"content\":\"Some text. Another sentence.\"}}]}}'\n\n\
             curl http://{address}/gateway/v1/receipts -H 'authorization: Bearer {key}'\n\n\
             curl -o proof.json http://{address}/gateway/v1/receipts/rcpt_.../proof \\\n     \
             -H 'authorization: Bearer {key}'\n\n\
             or in Python, with the openai package:\n\n\
             from openai import OpenAI\n\
             client = OpenAI(base_url=\"http://{address}/v1\", api_key=\"{key}\")\n\
             messages = [{{\"role\": \"user\", \"content\": \"Some text. Another sentence.\"}}]\n\
             stream = client.chat.completions.create(model=\"summary\", messages=messages, stream=True)\n\
             print(\"\".join(chunk.choices[0].delta.content or \"\" for chunk in stream))\n"
        ));
    }

    /// How anyone checks that call without asking the gateway.
    fn print_how_to_check(&self, once: bool) {
        let Proved { key, folder, program, .. } = &self.proved;
        let kept = if once { "; --data DIR keeps the files" } else { "" };
        say(format_args!(
            "\nAnyone can check that without asking this gateway: give them the files, and the \
             log's key by a way that they trust{kept}.\n\n\
             cd {}\n\
             {} verify proof.json --request request.json --reply reply.json \\\n     \
             --key '{key}'",
            folder.display(),
            program.display()
        ));
    }
}
