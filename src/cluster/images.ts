import type { World } from './world.js';

/**
 * The images that each agent has pulled: the first start of an image on an agent pulls it, starts that come meanwhile wait for that
 * pull, later ones need none (the image store of Mesos's containerizer). They stay when an agent leaves and comes back; none is thrown
 * out.
 */
export class ImageCache {
  /** By agent, then by image: the time from which it can be used. */
  private readonly readyUs: (Map<string, number> | undefined)[] = [];

  constructor(private readonly world: World) {}

  /** How long a pull of the image takes; 0 = nothing to pull. */
  pullUs(image: string): number {
    const { settings } = this.world;
    return image === '' ? 0 : (settings.imagePulls?.get(image) ?? settings.imagePullUs);
  }

  /** How long a task that starts now waits for its image. */
  delayUs(agent: number, image: string, pullUs: number): number {
    const { nowUs, facts } = this.world;
    let images = this.readyUs[agent];
    if (images === undefined) {
      images = new Map();
      this.readyUs[agent] = images;
    }
    const readyUs = images.get(image);
    if (readyUs !== undefined) return Math.max(0, readyUs - nowUs);
    images.set(image, nowUs + pullUs);
    const place = { framework: -1, job: '', task: '', agent, offer: -1 };
    facts.event({ event: 'image-pulled', ...place, detail: `image=${image}` });
    return pullUs;
  }
}
