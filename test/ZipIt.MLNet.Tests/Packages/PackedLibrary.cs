using System.IO.Compression;
using System.Xml.Linq;
using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests;

/// <summary>The packages of ZipIt.MLNet and of the projects that it refers to, made from what was built with the tests.</summary>
public sealed class PackedLibrary : IDisposable
{
    /// <summary>No released version has this one, so that no package of another build is taken for it.</summary>
    public const string Version = "0.1.0-packed";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("packages");

    public PackedLibrary()
    {
        Projects = [.. ListProjects(Path.Combine(TestFiles.Root, "src", "ZipIt.MLNet", "ZipIt.MLNet.csproj")).Distinct()];
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string all = Path.Combine(_folder.FullName, "all.proj");
        File.WriteAllText(all, $"""
            <Project>
              <ItemGroup>
                {string.Concat(Projects.Select(project => $"<Packed Include=\"{project}\" />"))}
              </ItemGroup>
              <Target Name="Pack">
                <MSBuild
                  Projects="@(Packed)"
                  Targets="Pack"
                  Properties="NoBuild=true;Configuration={configuration};PackageVersion={Version};PackageOutputPath={_folder.FullName};NuspecOutputPath={_folder.FullName}/nuspec/" />
              </Target>
            </Project>
            """);
        DotNet.Run(_folder.FullName, "msbuild", all, "-t:Pack", "-nologo", "-v:q", "-nodeReuse:false");
    }

    /// <summary>Folder of the packages.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Paths of the project files that are packed, ZipIt.MLNet's first.</summary>
    public IReadOnlyList<string> Projects { get; }

    /// <summary>Names of the packages.</summary>
    public IEnumerable<string> Names => Projects.Select(project => Path.GetFileNameWithoutExtension(project));

    /// <summary>Opens a package.</summary>
    public ZipArchive Open(string name, string extension = "nupkg") => ZipFile.OpenRead(Path.Combine(Folder, $"{name}.{Version}.{extension}"));

    /// <summary>Reads what a package says of itself.</summary>
    public XElement ReadNuspec(string name)
    {
        using ZipArchive package = Open(name);
        using Stream stream = package.GetEntry($"{name}.nuspec")!.Open();
        return XElement.Load(stream);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static IEnumerable<string> ListProjects(string project) =>
    [
        project,
        .. XElement.Load(project).Descendants("ProjectReference")
            .SelectMany(reference => ListProjects(Path.GetFullPath(reference.Attribute("Include")!.Value, Path.GetDirectoryName(project)!))),
    ];
}
