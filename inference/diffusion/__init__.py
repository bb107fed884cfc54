"""The diffusion engine, on diffusers pipelines. Only this folder imports torch, and only when the engine is opened."""
