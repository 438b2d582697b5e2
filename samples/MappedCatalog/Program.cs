using MappedCatalog.Running;

return await Cli.RunAsync(args, Console.Out, Console.Error);
