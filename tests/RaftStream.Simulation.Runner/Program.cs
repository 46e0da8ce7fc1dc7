using RaftStream.Simulation.Runner;

return SimulateCommand.Invoke(args, Console.Error);
