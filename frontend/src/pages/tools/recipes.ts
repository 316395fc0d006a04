// How each tool is pointed at Metapi by hand. Facts: the tools' own documentation.
import { w } from "../../words";

/** What goes into a recipe. */
export interface SetUp {
  /** host:port of Metapi. */
  at: string;
  /** The local key. */
  key: string;
  /** A model that can be asked for. */
  model: string;
  /** How many tokens that takes. */
  context: number;
  /** The shell is PowerShell, and not one of Unix. */
  windows: boolean;
}

export interface Recipe {
  id: string;
  /** For t(), as is how. */
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

const zed = ({ at, key, model, context, windows }: SetUp) => `// ${windows ? "%APPDATA%\\Zed\\settings.json" : "~/.config/zed/settings.json"}
${JSON.stringify(
  {
    language_models: {
      openai_compatible: {
        Metapi: { api_url: `http://${at}/v1`, available_models: [{ name: model, display_name: model, max_tokens: context }] },
      },
    },
  },
  null,
  2,
)}

// and in the environment of the shell that starts it, or as the key of Metapi in its settings of models:
${variables(windows, { METAPI_API_KEY: key })}`;

const continued = ({ at, key, model, windows }: SetUp) => `# ${windows ? "%USERPROFILE%\\.continue\\config.yaml" : "~/.continue/config.yaml"}
name: Metapi
version: 1.0.0
schema: v1
models:
  - name: ${JSON.stringify(model)}
    provider: openai
    model: ${JSON.stringify(model)}
    apiBase: http://${at}/v1
    apiKey: ${key}
    roles: [chat, edit, apply]`;

function request({ at, key, model, windows }: SetUp): string {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  return windows
    ? `Invoke-RestMethod http://${at}/v1/chat/completions -Method Post -ContentType application/json \`\n  -Headers @{ Authorization = "Bearer ${key}" } \`\n  -Body '${body}'`
    : `curl http://${at}/v1/chat/completions \\\n  -H "Authorization: Bearer ${key}" \\\n  -H "Content-Type: application/json" \\\n  -d '${body}'`;
}

const inShell = w("Set these in the shell that starts it.");
const inProgram = w("Set these in the environment of the program: it then needs no address and no key of its own.");

export const recipes: Recipe[] = [
  { id: "claude-code", name: "Claude Code", how: inShell, text: ({ at, key, windows }) => variables(windows, { ANTHROPIC_BASE_URL: `http://${at}`, ANTHROPIC_AUTH_TOKEN: key }) },
  { id: "codex", name: "Codex", how: w("Add this to its configuration, and the key to the environment."), text: codex },
  {
    id: "gemini-cli",
    name: "Gemini CLI",
    how: w("Set these in the shell that starts it. Where it asks how to sign in, choose the API key."),
    text: ({ at, key, windows }) => variables(windows, { GOOGLE_GEMINI_BASE_URL: `http://${at}`, GEMINI_API_KEY: key }),
  },
  { id: "opencode", name: "OpenCode", how: w("Add this to opencode.json, with the models you want."), text: openCode },
  {
    id: "qwen-code",
    name: "Qwen Code",
    how: w("Set these in the shell that starts it. Where it asks how to sign in, choose OpenAI."),
    text: ({ at, key, model, windows }) => variables(windows, { OPENAI_BASE_URL: `http://${at}/v1`, OPENAI_API_KEY: key, OPENAI_MODEL: model }),
  },
  { id: "zed", name: "Zed", how: w("Add this to its settings, with the models you want, and the key to the environment."), text: zed },
  { id: "continue", name: "Continue", how: w("Make this its configuration, or add the model to the one you have."), text: continued },
  { id: "openai", name: w("OpenAI SDK"), how: inProgram, text: ({ at, key, windows }) => variables(windows, { OPENAI_BASE_URL: `http://${at}/v1`, OPENAI_API_KEY: key }) },
  { id: "anthropic", name: w("Anthropic SDK"), how: inProgram, text: ({ at, key, windows }) => variables(windows, { ANTHROPIC_BASE_URL: `http://${at}`, ANTHROPIC_API_KEY: key }) },
  { id: "gemini", name: w("Gemini SDK"), how: inProgram, text: ({ at, key, windows }) => variables(windows, { GOOGLE_GEMINI_BASE_URL: `http://${at}`, GEMINI_API_KEY: key }) },
  { id: "curl", name: w("Something else"), how: w("Any tool that takes a base URL and a key will do. To try it, run this in a terminal:"), text: request },
];

/** The id of the recipe that a tool of this name wants: the one it is named after, else the one that shares its first word. */
export function recipeFor(name: string): string {
  const words = name.toLowerCase().split(/[^a-z]+/);
  const named = recipes.find((r) => name.toLowerCase().startsWith(r.name.toLowerCase()));
  return (named ?? recipes.find((r) => words.includes(r.id.split("-")[0]!)) ?? recipes.at(-1)!).id;
}
