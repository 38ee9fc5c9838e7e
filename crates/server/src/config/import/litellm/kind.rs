//! Whose API a deployment of LiteLLM's is called by: what stands before the slash in its model.
//! Addresses and variables are those that LiteLLM takes where its file says nothing.

use weighbridge_core::directory::Flavor;

/// A provider as LiteLLM names it, and how it is called from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) flavor: Flavor,
    /// Where it is when the file does not say.
    pub(super) base: Option<&'static str>,
    /// Where its credential is when the file does not say.
    pub(super) variable: Option<&'static str>,
}

/// One that speaks OpenAI's dialect.
const fn openai(name: &'static str, base: &'static str, variable: &'static str) -> Kind {
    Kind { name, flavor: Flavor::OpenAi, base: Some(base), variable: Some(variable) }
}

/// One that speaks it at the operator's own address.
const fn own(name: &'static str, base: Option<&'static str>) -> Kind {
    Kind { name, flavor: Flavor::OpenAi, base, variable: None }
}

const KINDS: [Kind; 69] = [
    openai("openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    openai("text-completion-openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    Kind { name: "azure", flavor: Flavor::OpenAi, base: None, variable: Some("AZURE_API_KEY") },
    Kind {
        name: "anthropic",
        flavor: Flavor::Anthropic,
        base: Some("https://api.anthropic.com"),
        variable: Some("ANTHROPIC_API_KEY"),
    },
    Kind {
        name: "gemini",
        flavor: Flavor::Gemini,
        base: Some("https://generativelanguage.googleapis.com"),
        variable: Some("GEMINI_API_KEY"),
    },
    Kind {
        name: "ollama",
        flavor: Flavor::Ollama,
        base: Some("http://localhost:11434"),
        variable: None,
    },
    Kind {
        name: "ollama_chat",
        flavor: Flavor::Ollama,
        base: Some("http://localhost:11434"),
        variable: None,
    },
    own("hosted_vllm", None),
    own("lm_studio", None),
    own("openai_like", None),
    own("custom_openai", None),
    own("aiohttp_openai", None),
    own("litellm_proxy", None),
    own("xinference", None),
    own("llamafile", Some("http://127.0.0.1:8080/v1")),
    own("lemonade", Some("http://localhost:8000/api/v1")),
    openai("ai21", "https://api.ai21.com/studio/v1", "AI21_API_KEY"),
    openai("ai21_chat", "https://api.ai21.com/studio/v1", "AI21_API_KEY"),
    openai("aihubmix", "https://aihubmix.com/v1", "AIHUBMIX_API_KEY"),
    openai("aiml", "https://api.aimlapi.com/v1", "AIML_API_KEY"),
    openai("anyscale", "https://api.endpoints.anyscale.com/v1", "ANYSCALE_API_KEY"),
    openai("baseten", "https://inference.baseten.co/v1", "BASETEN_API_KEY"),
    openai("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    openai("chutes", "https://llm.chutes.ai/v1", "CHUTES_API_KEY"),
    openai("codestral", "https://codestral.mistral.ai/v1", "CODESTRAL_API_KEY"),
    openai("compactifai", "https://api.compactif.ai/v1", "COMPACTIFAI_API_KEY"),
    openai("cortecs", "https://api.cortecs.ai/v1", "CORTECS_API_KEY"),
    openai("dashscope", "https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
    openai("deepinfra", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
    openai("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    openai("empower", "https://app.empower.dev/api/v1", "EMPOWER_API_KEY"),
    openai("featherless_ai", "https://api.featherless.ai/v1", "FEATHERLESS_AI_API_KEY"),
    openai("fireworks_ai", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    openai("friendliai", "https://api.friendli.ai/serverless/v1", "FRIENDLIAI_API_KEY"),
    openai("galadriel", "https://api.galadriel.com/v1", "GALADRIEL_API_KEY"),
    openai("github", "https://models.inference.ai.azure.com", "GITHUB_API_KEY"),
    openai("gmi", "https://api.gmi-serving.com/v1", "GMI_API_KEY"),
    openai("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    openai("hyperbolic", "https://api.hyperbolic.xyz/v1", "HYPERBOLIC_API_KEY"),
    openai("inception", "https://api.inceptionlabs.ai/v1", "INCEPTION_API_KEY"),
    openai("jina_ai", "https://api.jina.ai/v1", "JINA_AI_API_KEY"),
    openai("lambda_ai", "https://api.lambda.ai/v1", "LAMBDA_API_KEY"),
    openai("meta_llama", "https://api.llama.com/compat/v1", "LLAMA_API_KEY"),
    openai("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    openai("modelscope", "https://api-inference.modelscope.cn/v1", "MODELSCOPE_API_KEY"),
    openai("moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
    openai("morph", "https://api.morphllm.com/v1", "MORPH_API_KEY"),
    openai("nano-gpt", "https://nano-gpt.com/api/v1", "NANOGPT_API_KEY"),
    openai("nebius", "https://api.studio.nebius.ai/v1", "NEBIUS_API_KEY"),
    openai("novita", "https://api.novita.ai/v3/openai", "NOVITA_API_KEY"),
    openai("nscale", "https://inference.api.nscale.com/v1", "NSCALE_API_KEY"),
    openai("nvidia_nim", "https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"),
    openai("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    openai("parasail", "https://api.parasail.io/v1", "PARASAIL_API_KEY"),
    openai("perplexity", "https://api.perplexity.ai", "PERPLEXITYAI_API_KEY"),
    openai("poe", "https://api.poe.com/v1", "POE_API_KEY"),
    openai("publicai", "https://api.publicai.co/v1", "PUBLICAI_API_KEY"),
    openai("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
    openai("scaleway", "https://api.scaleway.ai/v1", "SCW_SECRET_KEY"),
    openai("synthetic", "https://api.synthetic.new/openai/v1", "SYNTHETIC_API_KEY"),
    openai("tencent", "https://tokenhub-intl.tencentcloudmaas.com/v1", "TENCENT_API_KEY"),
    openai("together_ai", "https://api.together.ai/v1", "TOGETHER_API_KEY"),
    openai("v0", "https://api.v0.dev/v1", "V0_API_KEY"),
    openai("veniceai", "https://api.venice.ai/api/v1", "VENICE_AI_API_KEY"),
    openai("vercel_ai_gateway", "https://ai-gateway.vercel.sh/v1", "VERCEL_AI_GATEWAY_API_KEY"),
    openai("volcengine", "https://ark.cn-beijing.volces.com/api/v3", "VOLCENGINE_API_KEY"),
    openai("wandb", "https://api.inference.wandb.ai/v1", "WANDB_API_KEY"),
    openai("xai", "https://api.x.ai/v1", "XAI_API_KEY"),
    openai("zai", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY"),
];

impl Kind {
    /// The kind of that name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// What a provider of this kind is called here.
    pub(super) fn word(&self) -> &'static str {
        match self.name {
            "ollama_chat" => "ollama",
            "text-completion-openai" => "openai-completions",
            "hosted_vllm" => "vllm",
            name => name,
        }
    }

    /// Whether LiteLLM asks it for responses; elsewhere it makes them out of chat completions, as
    /// the gateway does.
    pub(super) fn has_responses(&self) -> bool {
        let have = [
            "openai",
            "azure",
            "xai",
            "litellm_proxy",
            "openrouter",
            "hosted_vllm",
            "fireworks_ai",
        ];
        self.flavor != Flavor::OpenAi || have.contains(&self.name)
    }

    pub(super) fn is_azure(&self) -> bool {
        self.name == "azure"
    }
}

/// Splits what stands at `model` into kind and model. LiteLLM knows by lists of its own whose model
/// a bare name is; of those, only names that can be of nobody else are taken.
pub(super) fn split(model: &str) -> Option<(&str, &str)> {
    if let Some((kind, model)) = model.split_once('/') {
        return Some((kind, model));
    }
    let begins = |starts: &[&str]| starts.iter().any(|start| model.starts_with(start));
    let of_openai =
        ["gpt-", "chatgpt-", "o1", "o3", "o4", "ft:gpt-", "text-embedding-", "dall-e-", "tts-1"];
    if begins(&of_openai) || model == "whisper-1" || model == "*" {
        Some(("openai", model))
    } else if model.starts_with("claude-") {
        Some(("anthropic", model))
    } else {
        None
    }
}

/// Why a deployment of that kind is not carried.
pub(super) fn refusal(kind: &str) -> String {
    let why = match kind {
        "bedrock" | "bedrock_converse" | "sagemaker" | "sagemaker_chat" => {
            "its calls are signed the way of AWS, which no flavor here does"
        }
        "vertex_ai" | "vertex_ai_beta" => {
            "its calls carry short-lived tokens of Google Cloud, which no flavor here fetches"
        }
        "azure_ai" | "azure_text" => "no flavor here has its paths",
        "cohere" | "cohere_chat" | "voyage" | "infinity" | "replicate" | "huggingface"
        | "watsonx" | "databricks" | "deepgram" | "elevenlabs" | "triton" | "cloudflare" => {
            "it has a dialect of its own, which no flavor here speaks"
        }
        _ => "that is none of the kinds that are known here",
    };
    format!("it is of the kind `{kind}`; {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_there_once() {
        for kind in &KINDS {
            assert_eq!(Kind::named(kind.name), Some(kind));
        }
    }

    #[test]
    fn bare_names_are_taken_where_they_can_be_of_nobody_else() {
        assert_eq!(split("groq/llama-3"), Some(("groq", "llama-3")));
        assert_eq!(split("openrouter/a/b"), Some(("openrouter", "a/b")));
        assert_eq!(split("gpt-4o"), Some(("openai", "gpt-4o")));
        assert_eq!(split("claude-sonnet-4-5"), Some(("anthropic", "claude-sonnet-4-5")));
        assert_eq!(split("llama3"), None);
    }
}
