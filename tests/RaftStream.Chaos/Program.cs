using RaftStream.Chaos;

return await ChaosCommand.InvokeAsync(args, Console.Error);
