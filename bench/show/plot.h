int plot_run(const char *run_dir, const char *out_dir, const char *terminal, char *why, size_t why_bytes);
