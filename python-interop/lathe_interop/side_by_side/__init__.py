"""Lathe beside llama.cpp's quantizer, judged by llama.cpp's own perplexity tool.

    python -m lathe_interop.side_by_side run --model MODEL.gguf --calibration VALID.txt \\
        --text TEST.txt --llama-cpp BIN --lathe ./lathe --work FOLDER --results FOLDER \\
        llama:IQ2_XXS lathe:IQ2_XXS lathe:650m
    python -m lathe_interop.side_by_side table RESULTS

Both start from one F16 file that is made of MODEL, and calibrate on the same sequences of the same
text. A row is `llama:TYPE` (llama-imatrix, llama-quantize), `lathe:TYPE` (the same type for every
tensor, --mix) or `lathe:SIZE` (a size of the whole file, --size). The judge of all is
`llama-perplexity --kl-divergence` against the F16 file, on text that no calibration has seen. Each
row is a run of its own and leaves a JSON file; rows that have one are not run again, so the table
can grow over days.
"""
