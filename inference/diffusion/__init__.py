"""The engine with weights: diffusers pipelines. Only this folder imports torch, and only when it is opened."""
