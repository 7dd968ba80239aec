using WebApi;

try
{
    WebApiProgram.Build(args).Run();
    return 0;
}
catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
