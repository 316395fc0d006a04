// How each agent is pointed at Metapi, as its own documentation tells it, and how its model calls the tool that runs a command there.
import { execPath } from 'node:process'
import { join } from 'node:path'
import { existsSync } from 'node:fs'

const bin = process.env.AGENTS

/** Some agents want a newer Node than Metapi does; npm carries one for this machine's kind. */
const node22 = existsSync(join(bin, 'node')) ? join(bin, 'node') : execPath

const codex = (url, model) => ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '-c', 'model_provider="metapi"',
  '-c', `model_providers.metapi={name="Metapi",base_url="${url}/v1",env_key="METAPI_KEY",wire_api="responses"}`, '-m', model]

/** OpenCode speaks what the npm package that its provider names speaks; these are in its own program. */
const openCode = (npm, path = '/v1') => ({
  command: [join(bin, 'opencode')],
  tool: (command) => ({ name: 'bash', arguments: { command, description: 'Read the file' } }),
  ask: (question, model) => ['run', '--title', 'A file', '-m', `metapi/${model}`, question],
  goOn: (question, model) => ['run', '-c', '-m', `metapi/${model}`, question],
  env: (url, key) => ({ METAPI_KEY: key, OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1' }),
  files: (url, models) => ({
    'work/opencode.json': {
      autoupdate: false, share: 'disabled',
      provider: {
        metapi: {
          npm, name: 'Metapi', options: { baseURL: url + path, apiKey: '{env:METAPI_KEY}' },
          models: Object.fromEntries(models.map((m) => [m, { name: m, reasoning: true, tool_call: true, limit: { context: 200000, output: 32000 } }])),
        },
      },
    },
  }),
})

export const agents = {
  'Claude Code': {
    command: [join(bin, 'claude')],
    tool: (command) => ({ name: 'Bash', arguments: { command, description: 'Read the file' } }),
    ask: (question) => ['-p', question, '--dangerously-skip-permissions'],
    goOn: (question) => ['-c', '-p', question, '--dangerously-skip-permissions'],
    env: (url, key, model) => ({
      ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: model, ANTHROPIC_DEFAULT_HAIKU_MODEL: model, IS_SANDBOX: '1',
      DISABLE_TELEMETRY: '1', DISABLE_AUTOUPDATER: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    }),
  },
  Codex: {
    command: [join(bin, 'codex')],
    tool: (command) => ({ name: 'exec_command', arguments: { cmd: command } }),
    drops: { gemini: ['tools.web_search', 'thinking'] }, // its web search, which Gemini has not beside functions; thoughts, which Gemini does not take back unsigned
    ask: (question, model, url) => ['exec', ...codex(url, model), question],
    goOn: (question, model, url) => ['exec', 'resume', ...codex(url, model), '--last', question],
    env: (url, key) => ({ METAPI_KEY: key }),
  },
  'Gemini CLI': {
    command: [join(bin, 'gemini')],
    tool: (command) => ({ name: 'run_shell_command', arguments: { command } }),
    repeatsResults: true, // of a session's tools, when it resumes: Gemini itself refuses that
    ask: (question, model) => ['-m', model, '--yolo', '--skip-trust', '-p', question],
    goOn: (question, model) => ['--resume', 'latest', '-m', model, '--yolo', '--skip-trust', '-p', question],
    env: (url, key) => ({ GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: key }),
    files: () => ({ '.gemini/settings.json': { security: { auth: { selectedType: 'gemini-api-key' } }, privacy: { usageStatisticsEnabled: false }, general: { disableAutoUpdate: true } } }),
  },
  OpenCode: openCode('@ai-sdk/openai-compatible'),
  'OpenCode, Responses': openCode('@ai-sdk/openai'),
  'OpenCode, Messages': openCode('@ai-sdk/anthropic'),
  'OpenCode, Gemini': openCode('@ai-sdk/google', '/v1beta'),
  'Qwen Code': {
    command: [node22, join(bin, 'qwen')],
    // On a busy machine it loses what a command prints that ends at once.
    tool: (command) => ({ name: 'run_shell_command', arguments: { command: `${command} && sleep 1`, is_background: false } }),
    ask: (question, model) => ['-m', model, '--yolo', '-p', question],
    goOn: (question, model) => ['-c', '-m', model, '--yolo', '-p', question],
    env: (url, key, model) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: key, OPENAI_MODEL: model }),
    files: () => ({
      '.qwen/settings.json': {
        security: { auth: { selectedType: 'openai' } }, privacy: { usageStatisticsEnabled: false }, general: { enableAutoUpdate: false },
      },
    }),
  },
}
