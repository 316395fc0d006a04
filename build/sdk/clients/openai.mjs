import OpenAI from 'openai'

export const openAIErrors = {
  key: OpenAI.AuthenticationError, model: OpenAI.NotFoundError, limit: OpenAI.RateLimitError, request: OpenAI.BadRequestError,
  cut: OpenAI.APIError, money: OpenAI.APIError, denied: OpenAI.PermissionDeniedError, server: OpenAI.InternalServerError,
}
