using RouteTable.Run;

return Cli.Run(args, Console.Out, Console.Error);
