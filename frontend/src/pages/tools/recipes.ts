// How each tool is pointed at Metapi by hand. Facts: the tools' own documentation.

/** What goes into a recipe. */
export interface SetUp {
  /** host:port of Metapi. */
  at: string;
  /** The local key. */
  key: string;
  /** A model that can be asked for. */
  model: string;
  /** The shell is PowerShell, and not one of Unix. */
  windows: boolean;
}

export interface Recipe {
  id: string;
  name: string;
  /** What to do with the text, in a sentence. */
  how: string;
  text: (s: SetUp) => string;
}

/** Sets variables in the shell. */
function variables(windows: boolean, values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => (windows ? `$env:${name} = "${value}"` : `export ${name}=${value}`))
    .join("\n");
}

const codex = ({ at, key, windows }: SetUp) => `# ~/.codex/config.toml
model_provider = "metapi"

[model_providers.metapi]
name = "Metapi"
base_url = "http://${at}/v1"
env_key = "METAPI_KEY"
wire_api = "responses"

# and in the environment of the shell that starts it:
${variables(windows, { METAPI_KEY: key })}`;

const openCode = ({ at, key, model }: SetUp) =>
  JSON.stringify(
    {
      $schema: "https://opencode.ai/config.json",
      provider: {
        metapi: {
          npm: "@ai-sdk/openai-compatible",
          name: "Metapi",
          options: { baseURL: `http://${at}/v1`, apiKey: key },
          models: { [model]: {} },
        },
      },
    },
    null,
    2,
  );

function request({ at, key, model, windows }: SetUp): string {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  return windows
    ? `Invoke-RestMethod http://${at}/v1/chat/completions -Method Post -ContentType application/json \`\n  -Headers @{ Authorization = "Bearer ${key}" } \`\n  -Body '${body}'`
    : `curl http://${at}/v1/chat/completions \\\n  -H "Authorization: Bearer ${key}" \\\n  -H "Content-Type: application/json" \\\n  -d '${body}'`;
}

export const recipes: Recipe[] = [
  {
    id: "claude-code",
    name: "Claude Code",
    how: "Set these in the shell that starts it.",
    text: ({ at, key, windows }) => variables(windows, { ANTHROPIC_BASE_URL: `http://${at}`, ANTHROPIC_AUTH_TOKEN: key }),
  },
  { id: "codex", name: "Codex", how: "Add this to its configuration, and the key to the environment.", text: codex },
  {
    id: "gemini-cli",
    name: "Gemini CLI",
    how: "Set these in the shell that starts it.",
    text: ({ at, key, windows }) => variables(windows, { GOOGLE_GEMINI_BASE_URL: `http://${at}`, GEMINI_API_KEY: key }),
  },
  { id: "opencode", name: "OpenCode", how: "Add this to opencode.json, with the models you want.", text: openCode },
  {
    id: "openai",
    name: "OpenAI SDKs, scripts",
    how: "Set these in the environment of the program.",
    text: ({ at, key, windows }) => variables(windows, { OPENAI_BASE_URL: `http://${at}/v1`, OPENAI_API_KEY: key }),
  },
  {
    id: "curl",
    name: "Something else",
    how: "Any tool that takes a base URL and a key will do. To try it, run this in a terminal:",
    text: request,
  },
];
