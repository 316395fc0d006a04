import OpenAI from 'openai'

export const openAIErrors = {
  key: OpenAI.AuthenticationError, model: OpenAI.NotFoundError, limit: OpenAI.RateLimitError, request: OpenAI.BadRequestError,
  cut: OpenAI.APIError,
}
