"""Who acts: stream agents, executors of outside effects, timers, web views, commands of the CLI."""
