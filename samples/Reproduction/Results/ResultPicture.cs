namespace Reproduction.Results;

/// <summary>A picture beside a table.</summary>
/// <param name="FileName">Name of its file.</param>
/// <param name="Description">What it shows.</param>
/// <param name="Png">The picture as a PNG file.</param>
internal sealed record ResultPicture(string FileName, string Description, byte[] Png);
