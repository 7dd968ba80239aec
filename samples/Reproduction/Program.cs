using Reproduction.Commands;

return await ReproductionCommands.CreateRoot().Parse(args).InvokeAsync();
