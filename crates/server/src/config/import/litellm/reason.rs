//! Why a setting of LiteLLM's is not carried, and what to do instead.

use super::super::node::Field;
use super::super::report::Report;

/// Names each of them as not carried.
pub(super) fn lose_all<'a>(
    fields: impl IntoIterator<Item = (&'a str, Field<'a>)>,
    report: &mut Report,
) {
    for (name, field) in fields {
        let (what, instead) = of(name);
        report.lose(&field.path, field.line, what, instead);
    }
}

/// What a setting of that name is, and what there is instead.
fn of(name: &str) -> (&'static str, &'static str) {
    match name {
        "fallbacks"
        | "default_fallbacks"
        | "context_window_fallbacks"
        | "content_policy_fallbacks"
        | "allowed_fails"
        | "allowed_fails_policy"
        | "cooldown_time"
        | "disable_cooldowns" => (
            "a way out to other models when one fails",
            "the providers of one model are tried in the order of the file where one cannot be \
             reached; another model is never put in its place",
        ),
        "num_retries"
        | "max_retries"
        | "retry_policy"
        | "model_group_retry_policy"
        | "retry_after"
        | "num_retries_per_request" => (
            "repeated calls",
            "SDKs repeat what failed by themselves; here a call goes to the next provider only \
             when certainly nothing was sent",
        ),
        "routing_strategy"
        | "routing_strategy_args"
        | "weight"
        | "order"
        | "weights"
        | "routing_groups"
        | "enable_pre_call_checks"
        | "optional_pre_call_checks"
        | "enable_tag_filtering"
        | "tags"
        | "tag_regex" => (
            "a way to choose among deployments",
            "the providers of one model are tried in the order of the file; put the first choice \
             first",
        ),
        "rpm"
        | "tpm"
        | "rpd"
        | "tpd"
        | "itpm"
        | "otpm"
        | "default_api_key_rpm_limit"
        | "default_api_key_tpm_limit"
        | "global_max_parallel_requests"
        | "max_parallel_requests"
        | "default_max_parallel_requests" => (
            "a limit of calls or tokens",
            "accounts are limited by their level: `[levels.default] sync = { requests = 600, \
             window = \"1m\" }`; a provider by `concurrency = { max = 8 }`",
        ),
        "max_budget"
        | "budget_duration"
        | "provider_budget_config"
        | "default_internal_user_params"
        | "max_internal_user_budget"
        | "default_team_settings"
        | "default_team_params"
        | "max_end_user_budget"
        | "max_user_budget" => (
            "a budget, or what users and teams begin with",
            "give each account its budget: PATCH /gateway/v1/accounts/{id}",
        ),
        "master_key" => (
            "the key of LiteLLM's administrator",
            "the first start writes an administrator's key to `admin.key` in the data directory; \
             make accounts and keys with it",
        ),
        "database_url"
        | "store_model_in_db"
        | "database_connection_pool_limit"
        | "database_connection_timeout"
        | "store_prompts_in_spend_logs"
        | "disable_spend_logs"
        | "database_type"
        | "proxy_batch_write_at"
        | "allow_requests_on_db_unavailable" => (
            "LiteLLM's database",
            "everything is kept in `data_dir`, without another service; models, users, teams and \
             keys that stand in LiteLLM's database have to be made here anew",
        ),
        "redis_host"
        | "redis_port"
        | "redis_password"
        | "redis_url"
        | "redis_ssl"
        | "cache"
        | "cache_params"
        | "cache_responses"
        | "caching_groups"
        | "client_ttl"
        | "enable_redis_auth_cache"
        | "use_redis_transaction_buffer" => {
            ("a cache, or Redis", "answers are never kept and one node needs no Redis; take it out")
        }
        "success_callback"
        | "failure_callback"
        | "callbacks"
        | "service_callbacks"
        | "callback_settings"
        | "alerting"
        | "alerting_threshold"
        | "alert_types"
        | "alert_to_webhook_url"
        | "langfuse_default_tags"
        | "audit_log_callbacks" => (
            "what is told to other services",
            "receipts are at GET /gateway/v1/receipts, figures for Prometheus at /metrics",
        ),
        "set_verbose"
        | "json_logs"
        | "debug"
        | "detailed_debug"
        | "turn_off_message_logging"
        | "redact_user_api_key_info"
        | "log_raw_request_response"
        | "suppress_debug_info" => (
            "how LiteLLM logs",
            "write `[log] format = \"json\"` or `level = \"debug\"`; what was asked and answered \
             is never logged",
        ),
        "drop_params"
        | "modify_params"
        | "additional_drop_params"
        | "allowed_openai_params"
        | "merge_reasoning_content_in_choices" => (
            "what becomes of parameters that a provider does not know",
            "between two flavors what is lost is named (`x-weighbridge-lossy`); within one the \
             call goes through as it came",
        ),
        "guardrails"
        | "prompt_injection_params"
        | "banned_keywords_list"
        | "blocked_user_list"
        | "llm_guard_mode"
        | "prompts"
        | "policies" => (
            "what looks into the words of a call",
            "the gateway does not read them; put it before the gateway or behind it",
        ),
        "mcp_servers"
        | "mcp_tools"
        | "mcp_aliases"
        | "vector_store_registry"
        | "search_tools"
        | "agents"
        | "files_settings"
        | "finetune_settings"
        | "assistant_settings"
        | "pass_through_endpoints"
        | "use_in_pass_through"
        | "batch_settings" => {
            ("something beside calls of models", "it is not in this version; leave it where it is")
        }
        "include" => ("other files", "import each of them by itself"),
        "environment_variables" => (
            "environment variables",
            "set them where the gateway is started; their values are not written here",
        ),
        "credential_list" | "credential_info" | "api_key" | "api_base" => (
            "credentials that no deployment names",
            "set an environment variable and write `api_key = \"${NAME}\"`",
        ),
        "model_alias_map" => {
            ("other names of models", "write an `[[aliases]]` for each, with `match` and `to`")
        }
        "api_version" | "azure_ad_token" | "tenant_id" | "client_id" | "client_secret"
        | "azure_scope" | "azure_username" | "azure_password" => (
            "how Azure is called",
            "Azure's `/openai/v1` takes the resource's key as `api_key`, and no version",
        ),
        "organization"
        | "extra_headers"
        | "headers"
        | "default_headers"
        | "extra_body"
        | "forward_client_headers_to_llm_api"
        | "openai_organization" => (
            "what is put into each request",
            "a request goes on as it came; let the caller put it in, or a proxy behind the gateway",
        ),
        "temperature"
        | "top_p"
        | "max_completion_tokens"
        | "seed"
        | "stop"
        | "n"
        | "presence_penalty"
        | "frequency_penalty"
        | "response_format"
        | "reasoning_effort"
        | "thinking"
        | "dimensions"
        | "num_ctx"
        | "keep_alive"
        | "top_k"
        | "default_litellm_params"
        | "tools"
        | "tool_choice"
        | "user"
        | "metadata" => (
            "a default for calls that do not say it",
            "a request goes on as it came; let the caller say it",
        ),
        "max_tokens" => (
            "a limit of answers",
            "let the caller say it, or write `output_limit` in a `[[prices]]`",
        ),
        "request_timeout" => ("a timeout that another stands before", "nothing needs to be done"),
        "alias" | "description" | "id" | "db_model" | "created_by" | "created_at"
        | "updated_at" | "updated_by" | "base_model" | "litellm_provider" | "max_output_tokens"
        | "key" | "pricing_provider" => ("what LiteLLM notes of a model", "nothing here needs it"),
        "access_groups"
        | "access_via_team_ids"
        | "team_id"
        | "team_public_model_name"
        | "allowed_routes"
        | "public_routes"
        | "admin_only_routes"
        | "enable_jwt_auth"
        | "litellm_jwtauth"
        | "custom_auth"
        | "allowed_ips"
        | "ui_access_mode"
        | "user_header_name"
        | "key_management_system"
        | "key_management_settings"
        | "default_user_params"
        | "enforce_user_param"
        | "service_account_settings" => (
            "who may do what",
            "every key of an account may call every model; keys and roles are made at POST \
             /gateway/v1/keys",
        ),
        "litellm_credential_name" => (
            "the name of credentials that the file does not have",
            "set an environment variable and write `api_key = \"${NAME}\"`",
        ),
        "cost_margin_config" | "cost_discount_config" | "custom_pricing" => {
            ("another price than the provider's", "write the price that counts as a `[[prices]]`")
        }
        name if name.starts_with("supports_") => {
            ("what a model can do", "the gateway asks providers, and needs no list; take it out")
        }
        name if name.contains("cost") || name.contains("pricing") => (
            "a cost of a kind that no price here has, or not for this service",
            "see `[[prices]]` in the README for what can be priced; what has no rate of its own \
             costs what the whole does",
        ),
        name if name.starts_with("aws_") || name.starts_with("vertex_") => (
            "a credential, or a place, of AWS or Google Cloud",
            "no flavor here signs calls that way",
        ),
        name if name.starts_with("mock_") => ("a made-up answer", "take it out"),
        _ => ("nothing here is like it", "see the README for what there is"),
    }
}
