"""The engine without weights: PatchMatch outpainting on the CPU."""
