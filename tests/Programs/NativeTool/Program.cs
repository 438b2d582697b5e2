using System.CommandLine;
using Quiescent.Tool.Commands;

RootCommand root = new("The commands of `quiescent` that native code can run.")
{
    TortureCommand.Create(),
    LitmusCommand.Create(),
};
return root.Parse(args).Invoke();
