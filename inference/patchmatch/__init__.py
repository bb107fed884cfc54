"""The PatchMatch engine, which outpaints on the CPU without model weights."""
