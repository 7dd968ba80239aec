using System.CommandLine;

var command = new RootCommand("Zips trained image classifiers into one network, and shows what came out.");
return command.Parse(args).Invoke();
